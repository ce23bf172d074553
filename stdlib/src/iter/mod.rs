//! Natives of package iter.

use gol_vm::native::{Native, NativeFn};

pub const NATIVES: &[Native] = &[Native { name: "iter.handOver", run: NativeFn::HandOver }];
