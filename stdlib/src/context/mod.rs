//! Natives of package context.

use crate::abi::leaf;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[leaf("context.typeName", |cx| {
    let name = cx.iface(cx.arg(0)).map_or("<nil>", |(ty, _)| cx.types().name(ty));
    cx.set_str(0, name.as_bytes())
})];
