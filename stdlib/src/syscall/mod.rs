//! Natives of package syscall: the texts of error numbers, and processes by number.
#![allow(unsafe_code)]

use crate::abi::leaf;
use crate::os::asked_number;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[
    leaf("syscall.errnoText", |cx| {
        let text = crate::os::errno_text(cx.arg_i64(0) as i32);
        cx.set_str(0, text.as_bytes())
    }),
    leaf("syscall.kill", |cx| {
        // SAFETY: touches no memory.
        let done = unsafe { libc::kill(cx.arg_i64(0) as i32, cx.arg_i64(1) as i32) };
        cx.set_i64(0, if done == 0 { 0 } else { i64::from(crate::stdio::errno()) });
        Ok(())
    }),
    leaf("syscall.Getpid", |cx| asked_number(cx, std::process::id)),
    leaf("syscall.Getppid", |cx| asked_number(cx, std::os::unix::process::parent_id)),
    // SAFETY: touches no memory.
    leaf("syscall.Gettid", |cx| asked_number(cx, || unsafe { libc::gettid() } as u32)),
];
