//! `maple tokens`: tokens that let callers in.

use anstream::println;
use comfy_table::{Table, presets};
use maple_server::{ACCESS_CACHE_SECONDS, NewToken, TokenFault, TokenRequest, token_create, token_revoke, token_state};
use maple_store::{StoreError, Token};
use serde_json::{Value, json};

use super::database;
use crate::{
    Failure,
    args::{CreateToken, ListTokens, RevokeToken, Tokens},
    load::chain,
    report,
};

/// Who makes and revokes tokens, as the audit log names it.
const BY: &str = "maple tokens";

pub(crate) fn run(args: &Tokens) -> Result<(), Failure> {
    match args {
        Tokens::Create(args) => create(args),
        Tokens::List(args) => list(args),
        Tokens::Revoke(args) => revoke(args),
    }
}

fn create(args: &CreateToken) -> Result<(), Failure> {
    let store = database::open(&args.database)?;
    let request = TokenRequest { name: &args.name, roles: &args.role, scope: &args.scope, days: args.days };
    let NewToken { text, token } = token_create(&store, &request, BY).map_err(|fault| match fault {
        TokenFault::Random | TokenFault::Store(_) => Failure::Unreachable(chain(&fault)),
        fault => Failure::Input(chain(&fault)),
    })?;
    if args.json {
        let mut shown = view(&token);
        if let Some(members) = shown.as_object_mut() {
            members.insert("token".to_owned(), text.into());
        }
        println!("{shown}");
        return Ok(());
    }
    println!("{text}");
    report::progress(&format!(
        "this is shown once: keep it where only `{}` reads it, and send it as `authorization: Bearer`; it is called {}, \
         lets {} for {}, and expires {}",
        token.name,
        token.id,
        token.roles,
        token.scope,
        expiry(&token)
    ));
    Ok(())
}

fn list(args: &ListTokens) -> Result<(), Failure> {
    let mut tokens = database::open(&args.database)?.tokens().map_err(|error| Failure::Unreachable(chain(&error)))?;
    tokens.sort_by_key(|token| token.made);
    if args.json {
        tokens.iter().for_each(|token| println!("{}", view(token)));
        return Ok(());
    }
    if tokens.is_empty() {
        println!("there is no token; `maple tokens create` makes one");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["id", "name", "roles", "scope", "made", "expires", "state"]);
    table.add_rows(tokens.iter().map(|token| {
        let Token { id, name, roles, scope, made, .. } = token;
        let state = token_state(token).to_owned();
        [id.clone(), name.clone(), roles.clone(), scope.clone(), format!("{made:.0}"), expiry(token), state]
    }));
    table.lines().for_each(|line| println!("{}", line.trim_end()));
    Ok(())
}

fn revoke(args: &RevokeToken) -> Result<(), Failure> {
    let store = database::open(&args.database)?;
    token_revoke(&store, &args.id, BY).map_err(|error| match error {
        StoreError::Missing { .. } => Failure::Input(format!("{}; `maple tokens list` shows the ids", chain(&error))),
        error => Failure::Unreachable(chain(&error)),
    })?;
    if args.json {
        println!("{}", json!({ "id": args.id, "state": "revoked" }));
        return Ok(());
    }
    println!("token {} is revoked; a service that serves turns it away within {ACCESS_CACHE_SECONDS} seconds", args.id);
    Ok(())
}

fn expiry(token: &Token) -> String {
    token.expires.map_or_else(|| "never".to_owned(), |expires| format!("{expires:.0}"))
}

/// A token as it may be shown.
fn view(token: &Token) -> Value {
    let words = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    json!({
        "id": token.id, "name": token.name, "roles": words(&token.roles), "scope": words(&token.scope),
        "made": token.made, "expires": token.expires, "revoked": token.revoked, "state": token_state(token),
    })
}
