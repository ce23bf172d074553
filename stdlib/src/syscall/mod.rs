//! Natives of package syscall: the texts of error numbers.

use crate::abi::leaf;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[leaf("syscall.errnoText", |cx| {
    let text = crate::os::errno_text(cx.arg_i64(0) as i32);
    cx.set_str(0, text.as_bytes())
})];
