//! Natives of the digest packages over the RustCrypto crates. Between two writes a digest's state is bytes in gol memory, so nothing has to be
//! freed and a copy of the digest is a copy of its state.

use crate::abi::{Done, leaf};
use digest::common::hazmat::SerializableState;
use digest::{Digest, FixedOutput};
use gol_vm::native::{Cx, Fault, Native};

pub const MD5: &[Native] =
    &[leaf("crypto/md5.update", update::<md5::Md5>), leaf("crypto/md5.finish", finish::<md5::Md5>)];

pub const SHA1: &[Native] =
    &[leaf("crypto/sha1.update", update::<sha1::Sha1>), leaf("crypto/sha1.finish", finish::<sha1::Sha1>)];

pub const SHA256: &[Native] = &[
    leaf("crypto/sha256.update", |cx| match cx.arg(0) {
        0 => update::<sha2::Sha256>(cx),
        _ => update::<sha2::Sha224>(cx),
    }),
    leaf("crypto/sha256.finish", |cx| match cx.arg(0) {
        0 => finish::<sha2::Sha256>(cx),
        _ => finish::<sha2::Sha224>(cx),
    }),
];

pub const SHA512: &[Native] = &[
    leaf("crypto/sha512.update", |cx| match cx.arg(0) {
        0 => update::<sha2::Sha512>(cx),
        1 => update::<sha2::Sha384>(cx),
        2 => update::<sha2::Sha512_256>(cx),
        _ => update::<sha2::Sha512_224>(cx),
    }),
    leaf("crypto/sha512.finish", |cx| match cx.arg(0) {
        0 => finish::<sha2::Sha512>(cx),
        1 => finish::<sha2::Sha384>(cx),
        2 => finish::<sha2::Sha512_256>(cx),
        _ => finish::<sha2::Sha512_224>(cx),
    }),
];

/// The digest of the state in slots 1 to 3. Only this module makes states, so one that does not read is a copy that a race has torn.
fn state<D: Digest + SerializableState>(cx: &Cx) -> Result<D, Fault> {
    let bytes = cx.arg_bytes(1);
    if bytes.is_empty() {
        return Ok(D::new());
    }
    let state = bytes.try_into().ok().and_then(|s| D::deserialize(s).ok());
    state.ok_or_else(|| Fault::plain("crypto: the state of a digest is damaged"))
}

fn update<D: Digest + SerializableState>(cx: &mut Cx) -> Done {
    let mut digest: D = state(cx)?;
    digest.update(cx.arg_bytes(4));
    let out = cx.new_bytes(&digest.serialize())?;
    cx.set_words(0, &out);
    Ok(())
}

fn finish<D: Digest + SerializableState + FixedOutput>(cx: &mut Cx) -> Done {
    let out = cx.new_bytes(&FixedOutput::finalize_fixed(state::<D>(cx)?))?;
    cx.set_words(0, &out);
    Ok(())
}
