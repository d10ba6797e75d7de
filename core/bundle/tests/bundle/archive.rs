//! Bundles as one file: there and back, and everything that is no archive.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use maple_bundle::{
    ARCHIVE_BYTES_MAX, ARCHIVE_COMPONENTS_MAX, Archive, ArchiveError, Bundle, FILE_BYTES_MAX, PATH_BYTES_MAX,
    SIGNATURES_BYTES_MAX,
};
use tar::{Builder, EntryType, Header};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A tar as somebody else makes it: whatever path, whatever kind.
fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (path, kind, bytes) in entries {
        let mut header = Header::new_gnu();
        let name = &mut header.as_old_mut().name;
        if path.len() <= name.len() {
            name[..path.len()].copy_from_slice(path.as_bytes());
        }
        header.set_size(bytes.len() as u64);
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        if path.len() <= 100 {
            header.set_cksum();
            tar.append(&header, *bytes).unwrap();
        } else {
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
    }
    tar.into_inner().unwrap()
}

fn plain(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<_> = entries.iter().map(|(path, bytes)| (*path, EntryType::Regular, *bytes)).collect();
    gzip(&tar(&entries))
}

fn archive() -> Archive {
    let files = [("facts.toml", "a = 1"), ("cn/zhejiang/pack.toml", "id = \"cn/zhejiang\"")];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    Archive {
        bundle: Bundle::from_files(files).unwrap(),
        components: BTreeMap::from([("leaders-day".to_owned(), vec![0, 1, 2])]),
        signatures: Some(b"{}".to_vec()),
    }
}

#[test]
fn there_and_back_and_the_same_bytes_each_time() {
    let bytes = archive().write().unwrap();
    assert_eq!(Archive::read(&bytes).unwrap(), archive());
    assert_eq!(archive().write().unwrap(), bytes);
    let empty =
        Archive { bundle: Bundle::from_files(BTreeMap::new()).unwrap(), components: BTreeMap::new(), signatures: None };
    assert_eq!(Archive::read(&empty.write().unwrap()).unwrap(), empty);
}

#[test]
fn folders_and_long_paths_are_taken() {
    let deep = format!("policies/{}/x.toml", ["abcdefghijklmnopqrstuvwxyz"; 6].join("/"));
    let bytes = gzip(&tar(&[
        ("policies/", EntryType::Directory, b""),
        ("policies/cn/", EntryType::Directory, b""),
        (&deep, EntryType::Regular, b"a = 1"),
    ]));
    let read = Archive::read(&bytes).unwrap();
    assert_eq!(read.bundle.files().next().unwrap().0, &deep["policies/".len()..]);
}

#[test]
fn an_archive_that_was_cut_anywhere_is_refused() {
    let bytes = archive().write().unwrap();
    for length in 0..bytes.len() {
        let cut = Archive::read(&bytes[..length]);
        assert!(matches!(cut, Err(ArchiveError::Damaged { .. })), "{length} of {}: {cut:?}", bytes.len());
    }
}

#[test]
fn an_archive_in_which_any_byte_changed_is_refused_or_the_same() {
    // The head of a gzip has bytes that mean nothing: the time, the system.
    let bytes = archive().write().unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        if let Ok(read) = Archive::read(&changed) {
            assert_eq!(read, archive(), "byte {at}");
        }
    }
}

#[test]
fn every_other_thing_is_refused_by_name() {
    let file = EntryType::Regular;
    let long = format!("policies/{}.toml", "a".repeat(PATH_BYTES_MAX));
    for (entries, wanted) in [
        (vec![("../outside.toml", file)], "`../outside.toml` is not a plain relative path"),
        (vec![("policies/../../etc/x.toml", file)], "`policies/../../etc/x.toml` is not a plain"),
        (vec![("/policies/x.toml", file)], "`/policies/x.toml` is not a plain"),
        (vec![("policies/./x.toml", file)], "`policies/./x.toml` is not a plain"),
        (vec![("policies\\x.toml", file)], "is not a plain"),
        (vec![("C:/policies/x.toml", file)], "is not a plain"),
        (vec![(long.as_str(), file)], "is not a plain"),
        (vec![("../", EntryType::Directory)], "`..` is not a plain"),
        (vec![("policies/x.toml", EntryType::Symlink)], "`policies/x.toml` is neither a file nor a folder"),
        (vec![("policies/x.toml", EntryType::Link)], "is neither a file"),
        (vec![("policies/x.toml", EntryType::Fifo)], "is neither a file"),
        (vec![("policies/x.toml", EntryType::Char)], "is neither a file"),
        (vec![("policies/x.toml", file), ("policies/x.toml", file)], "`policies/x.toml` is in the archive twice"),
        (vec![("plugins/x.wasm", file), ("plugins/x.wasm", file)], "`plugins/x.wasm` is in the archive twice"),
        (vec![("signatures.json", file), ("signatures.json", file)], "`signatures.json` is in the archive twice"),
        (vec![("plugins/a/x.wasm", file)], "`plugins/a/x.wasm` has no place"),
        (vec![("plugins/.wasm", file)], "`plugins/.wasm` has no place"),
        (vec![("plugins/x.so", file)], "`plugins/x.so` has no place"),
        (vec![("readme.txt", file)], "`readme.txt` has no place"),
        (vec![("policies/notes.txt", file)], "`notes.txt` is not a policy file"),
    ] {
        let entries: Vec<_> = entries.into_iter().map(|(path, kind)| (path, kind, &b""[..])).collect();
        let refused = Archive::read(&gzip(&tar(&entries))).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|text| text.contains(wanted)), "{wanted}: {refused:?}");
    }
}

#[test]
fn what_is_no_gzip_is_refused() {
    let plain = tar(&[("policies/x.toml", EntryType::Regular, b"")]);
    for bytes in [&b""[..], b"PK\x03\x04", b"{}", &plain] {
        assert!(matches!(Archive::read(bytes), Err(ArchiveError::Damaged { .. })));
    }
}

#[test]
fn limits_hold_at_their_edges() {
    let large = vec![b' '; FILE_BYTES_MAX + 1];
    assert!(Archive::read(&plain(&[("policies/x.toml", &large[1..])])).is_ok());
    assert!(matches!(Archive::read(&plain(&[("policies/x.toml", &large)])), Err(ArchiveError::Bundle(_))));

    let signatures = vec![b' '; SIGNATURES_BYTES_MAX + 1];
    assert!(Archive::read(&plain(&[("signatures.json", &signatures[1..])])).is_ok());
    let refused = Archive::read(&plain(&[("signatures.json", &signatures)]));
    assert!(matches!(refused, Err(ArchiveError::Signatures)));

    let names: Vec<_> = (0..=ARCHIVE_COMPONENTS_MAX).map(|at| format!("plugins/p{at}.wasm")).collect();
    let components: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(Archive::read(&plain(&components[1..])).is_ok());
    assert!(matches!(Archive::read(&plain(&components)), Err(ArchiveError::Components)));

    let component = |name: String| (name, Vec::new());
    let full =
        |count: usize| Archive { components: (0..count).map(|at| component(at.to_string())).collect(), ..archive() };
    assert!(full(ARCHIVE_COMPONENTS_MAX).write().is_ok());
    assert!(matches!(full(ARCHIVE_COMPONENTS_MAX + 1).write(), Err(ArchiveError::Components)));
    let signed = |bytes: usize| Archive { signatures: Some(vec![b' '; bytes]), ..archive() };
    assert!(signed(SIGNATURES_BYTES_MAX).write().is_ok());
    assert!(matches!(signed(SIGNATURES_BYTES_MAX + 1).write(), Err(ArchiveError::Signatures)));

    let noise = vec![0x1f; ARCHIVE_BYTES_MAX + 1];
    assert!(matches!(Archive::read(&noise), Err(ArchiveError::Size)));
    assert!(matches!(Archive::read(&noise[1..]), Err(ArchiveError::Damaged { .. })));
}

#[test]
fn a_bomb_is_not_unpacked() {
    // One component that says it has 300 MiB, of zeros: 300 kB as sent.
    let mut header = Header::new_gnu();
    header.set_path("plugins/bomb.wasm").unwrap();
    header.set_size(300 << 20);
    header.set_mode(0o644);
    header.set_cksum();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(header.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..300).for_each(|_| gzip.write_all(&zeros).unwrap());
    assert!(matches!(Archive::read(&gzip.finish().unwrap()), Err(ArchiveError::Components)));

    // Nothing but empty blocks, which no name announces.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    (0..500).for_each(|_| gzip.write_all(&zeros).unwrap());
    assert!(matches!(Archive::read(&gzip.finish().unwrap()), Err(ArchiveError::Unpacked)));
}
