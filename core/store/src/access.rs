//! Public keys, and tokens by their hashes.

use jiff::Timestamp;
use maple_seal::{Digest, Key, PublicKey};

use crate::{
    DETAIL_BYTES_MAX, Event, LIST_COUNT_MAX, Store, StoreError, TEXT_BYTES_MAX,
    activation::moment,
    audit, bounded,
    log::digest,
    sql::{Fault, Row, Value},
};

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Receipts and checkpoints.
    Log,
    /// Packs.
    Pack,
}

impl KeyPurpose {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Pack => "pack",
        }
    }
}

/// How a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    /// What it signs from then on is not proved.
    To(Timestamp),
    /// Nothing is proved whose time is from then on, since somebody else may have it.
    Revoked(Timestamp),
}

/// A public key that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// What it signs.
    pub purpose: KeyPurpose,
    /// The key and when it holds.
    pub key: Key,
}

/// What a token lets its bearer do. The token itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// The hash of the token.
    pub hash: Digest,
    /// What it is for.
    pub name: String,
    /// Its roles, as the caller writes them.
    pub roles: String,
    /// The localities that it is for, as the caller writes them.
    pub scope: String,
    /// When it was made.
    pub made: Timestamp,
    /// From when it no longer holds.
    pub expires: Option<Timestamp>,
    /// Since when it is revoked.
    pub revoked: Option<Timestamp>,
}

const TOKEN: &str = "id, hash, name, roles, scope, made, expires, revoked";

fn micros(time: Timestamp) -> Value<'static> {
    Value::Int(time.as_microsecond())
}

fn may(time: Option<Timestamp>) -> Value<'static> {
    time.map_or(Value::Null, micros)
}

impl Store {
    /// Keeps a public key, or changes when it holds; what it signs stays.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn key_put(&self, record: &KeyRecord) -> Result<(), StoreError> {
        let put = "INSERT INTO signing_key (id, purpose, pem, valid_from, valid_to, revoked) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (id) DO UPDATE SET valid_from = $4, valid_to = $5, revoked = $6";
        self.key_write(put, record)
    }

    fn key_write(&self, put: &str, record: &KeyRecord) -> Result<(), StoreError> {
        let Key { public, from, to, revoked } = &record.key;
        let no_pem = |_| StoreError::Missing { what: "public key", name: public.id().to_string() };
        let pem = public.to_pem().map_err(no_pem)?;
        self.pool().write("keep the key in", |link| {
            let (id, word) = (public.id().as_str(), record.purpose.word());
            link.execute(put, &[id.into(), word.into(), pem.as_str().into(), micros(*from), may(*to), may(*revoked)])?;
            Ok(())
        })
    }

    /// Keeps a public key that is not kept yet; one that is stays as it is.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn key_add(&self, record: &KeyRecord) -> Result<(), StoreError> {
        let add = "INSERT INTO signing_key (id, purpose, pem, valid_from, valid_to, revoked) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
        self.key_write(add, record)
    }

    /// Says until when a key holds, or since when it is revoked, and writes so into the audit log.
    ///
    /// # Errors
    ///
    /// When there is no such key, a text is too long, or the database cannot be written.
    pub fn key_end(&self, id: &str, end: KeyEnd, event: &Event<'_>) -> Result<(), StoreError> {
        for text in [id, event.actor, event.subject] {
            bounded("a text of a key", text, TEXT_BYTES_MAX)?;
        }
        bounded("the detail of the audit log", event.detail, DETAIL_BYTES_MAX)?;
        let (change, at) = match end {
            // An end that was said before is not put off.
            KeyEnd::To(at) => (
                "UPDATE signing_key SET valid_to = CASE WHEN valid_to < $1 THEN valid_to ELSE $1 END WHERE id = $2",
                at,
            ),
            // Once revoked it stays so from the earliest moment that anybody named.
            KeyEnd::Revoked(at) => {
                ("UPDATE signing_key SET revoked = CASE WHEN revoked < $1 THEN revoked ELSE $1 END WHERE id = $2", at)
            }
        };
        self.pool().write("change the key in", |link| match link.execute(change, &[micros(at), id.into()])? {
            0 => Err(StoreError::Missing { what: "key", name: id.to_owned() }.into()),
            _ => Ok(audit::append(link, event).map(|_| ())?),
        })
    }

    /// A key by its id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn key(&self, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        self.pool().read_soon("read the key from", |link| {
            let one = "SELECT purpose, pem, valid_from, valid_to, revoked FROM signing_key WHERE id = $1";
            Ok(link.first(one, &[id.into()])?.map(key).transpose()?)
        })
    }

    /// The keys, by id, at most [`LIST_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.pool().read("read the keys from", |link| {
            let all = "SELECT purpose, pem, valid_from, valid_to, revoked FROM signing_key ORDER BY id LIMIT $1";
            let rows = link.query(all, &[LIST_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(key).collect::<Result<_, _>>()?)
        })
    }

    /// Keeps a token's hash and what it lets do, and writes into the audit log that it was made.
    ///
    /// # Errors
    ///
    /// When a text is too long, the token is kept already, or the database cannot be written.
    pub fn token_put(&self, token: &Token, by: &str) -> Result<(), StoreError> {
        let Token { id, hash, name, roles, scope, made, expires, revoked } = token;
        for text in [id, name, roles, scope, by] {
            bounded("a text of a token", text, TEXT_BYTES_MAX)?;
        }
        let until = expires.map_or_else(|| "ever".to_owned(), |expires| expires.to_string());
        let detail = format!("{name}: {roles} for {scope} until {until}");
        let event = Event { time: *made, actor: by, action: "token", subject: id, detail: &detail };
        self.pool().write("keep the token in", |link| {
            let [id, name, roles, scope] = [id, name, roles, scope].map(|text| Value::from(text.as_str()));
            let hash = Value::Bytes(hash.as_bytes());
            link.execute(
                &format!("INSERT INTO token ({TOKEN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
                &[id, hash, name, roles, scope, micros(*made), may(*expires), may(*revoked)],
            )?;
            audit::append(link, &event)?;
            Ok(())
        })
    }

    /// A token by the hash of what was shown; whether it still holds is the caller's to say.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn token(&self, hash: &Digest) -> Result<Option<Token>, StoreError> {
        self.pool().read_soon("read the token from", |link| {
            let one = format!("SELECT {TOKEN} FROM token WHERE hash = $1");
            Ok(link.first(&one, &[Value::Bytes(hash.as_bytes())])?.map(token).transpose()?)
        })
    }

    /// The tokens, by id, at most [`LIST_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.pool().read("read the tokens from", |link| {
            let all = format!("SELECT {TOKEN} FROM token ORDER BY id LIMIT $1");
            let rows = link.query(&all, &[LIST_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(token).collect::<Result<_, _>>()?)
        })
    }

    /// Revokes a token and writes so into the audit log. One that is revoked already stays so since then.
    ///
    /// # Errors
    ///
    /// When there is none, a text is too long, or the database cannot be written.
    pub fn token_revoke(&self, id: &str, by: &str, at: Timestamp) -> Result<(), StoreError> {
        for text in [id, by] {
            bounded("a text of a token", text, TEXT_BYTES_MAX)?;
        }
        self.pool().write("revoke the token in", |link| {
            let revoke = "UPDATE token SET revoked = coalesce(revoked, $1) WHERE id = $2";
            match link.execute(revoke, &[micros(at), id.into()])? {
                0 => Err(StoreError::Missing { what: "token", name: id.to_owned() }.into()),
                _ => {
                    audit::append(
                        link,
                        &Event { time: at, actor: by, action: "token-revoke", subject: id, detail: "" },
                    )?;
                    Ok(())
                }
            }
        })
    }
}

fn key(mut row: Row) -> Result<KeyRecord, Fault> {
    let word = row.text()?;
    let all = [KeyPurpose::Log, KeyPurpose::Pack];
    let purpose = all.into_iter().find(|purpose| purpose.word() == word).ok_or(Fault::Shape)?;
    let key = Key {
        public: PublicKey::from_pem(&row.text()?).map_err(|_| Fault::Shape)?,
        from: moment(row.int()?)?,
        to: row.may_int()?.map(moment).transpose()?,
        revoked: row.may_int()?.map(moment).transpose()?,
    };
    Ok(KeyRecord { purpose, key })
}

fn token(mut row: Row) -> Result<Token, Fault> {
    Ok(Token {
        id: row.text()?,
        hash: digest(row.bytes()?)?,
        name: row.text()?,
        roles: row.text()?,
        scope: row.text()?,
        made: moment(row.int()?)?,
        expires: row.may_int()?.map(moment).transpose()?,
        revoked: row.may_int()?.map(moment).transpose()?,
    })
}
