//! Natives of package errors: what `Is` and `As` must know of dynamic types.
#![allow(unsafe_code)]

use crate::abi::{Done, leaf};
use gol_bytecode::program::Kind;
use gol_vm::native::{Cx, Native};

pub const NATIVES: &[Native] = &[
    leaf("errors.comparable_", |cx| {
        let yes = cx.iface(cx.arg(0)).is_none_or(|(ty, _)| cx.types().get(ty).desc.comparable);
        cx.set_bool(0, yes);
        Ok(())
    }),
    leaf("errors.asTarget", as_target),
    leaf("errors.assign", assign),
];

fn as_target(cx: &mut Cx) -> Done {
    let answer = match cx.iface(cx.arg(0)) {
        None => 1,
        Some((ty, words)) => {
            let t = &cx.types().get(ty).desc;
            if t.kind != Kind::Pointer || words[0] == 0 {
                2
            } else {
                let elem = &cx.types().get(t.elem).desc;
                let error = cx.types().method_id("Error");
                let is_error = error.is_some_and(|id| elem.methods.binary_search_by_key(&id, |m| m.id).is_ok());
                if elem.kind == Kind::Interface || is_error { 0 } else { 3 }
            }
        }
    };
    cx.set_i64(0, answer);
    Ok(())
}

fn assign(cx: &mut Cx) -> Done {
    let done = match (cx.iface(cx.arg(0)), cx.iface(cx.arg(1))) {
        (Some((have, value)), Some((ptr, target))) => {
            let want = cx.types().get(ptr).desc.elem;
            let place = target[0] as *mut u64;
            if cx.types().get(want).desc.kind == Kind::Interface {
                let fits = cx.types().implements(have, want);
                if fits {
                    // SAFETY: the target points to an interface variable: one word.
                    unsafe {
                        cx.overwrite(place, 1);
                        *place = cx.arg(0);
                    }
                }
                fits
            } else if have == want {
                store(cx, place, want, &value);
                true
            } else {
                false
            }
        }
        _ => false,
    };
    cx.set_bool(0, done);
    Ok(())
}

/// Stores a value through a pointer to its type; narrow scalars narrowly, since they may lie packed.
fn store(cx: &Cx, place: *mut u64, ty: u32, value: &[u64]) {
    // SAFETY: `place` points to a variable of the type.
    unsafe {
        match cx.types().get(ty).desc.kind {
            Kind::Bool | Kind::Int8 | Kind::Uint8 => *place.cast::<u8>() = value[0] as u8,
            Kind::Int16 | Kind::Uint16 => *place.cast::<u16>() = value[0] as u16,
            Kind::Int32 | Kind::Uint32 | Kind::Float32 => *place.cast::<u32>() = value[0] as u32,
            _ => {
                cx.overwrite(place, value.len());
                std::ptr::copy_nonoverlapping(value.as_ptr(), place, value.len());
            }
        }
    }
}
