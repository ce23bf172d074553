//! Natives of finalizers, cleanups and weak pointers: what happens when an object has died is kept by the heap.

use crate::abi::Done;
use gol_bytecode::{Kind, TypeId};
use gol_vm::native::{Cx, Fault};

/// In the word that the heap keeps beside a finalizer: its parameter is an interface.
const AS_INTERFACE: u64 = 1 << 32;

pub fn call_finals_by(cx: &mut Cx) -> Done {
    cx.call_finals_by(cx.arg(0));
    Ok(())
}

/// The address in an interface that holds a pointer; else 0.
pub fn pointer_of(cx: &mut Cx) -> Done {
    let pointer = cx.iface(cx.arg(0)).filter(|(ty, _)| cx.types().get(*ty).desc.kind == Kind::Pointer);
    let address = pointer.map_or(0, |(_, words)| words[0]);
    cx.set(0, address);
    Ok(())
}

/// (address, call) → number; 0: it is no object of the heap, so it never dies.
pub fn add_cleanup(cx: &mut Cx) -> Done {
    let heap = &cx.runtime().heap;
    let id = heap.resolve(cx.arg(0)).map_or(0, |(_, object)| heap.add_cleanup(object as u64, cx.arg(1)));
    cx.set(0, id);
    Ok(())
}

pub fn stop_cleanup(cx: &mut Cx) -> Done {
    let heap = &cx.runtime().heap;
    if let Some((_, object)) = heap.resolve(cx.arg(0)) {
        heap.remove_cleanup(object as u64, cx.arg(1));
    }
    Ok(())
}

/// Whether two addresses lie in one object.
pub fn same_object(cx: &mut Cx) -> Done {
    let of = |word| cx.runtime().heap.resolve(word).map(|(_, object)| object);
    let same = of(cx.arg(0)).is_some_and(|object| of(cx.arg(1)) == Some(object));
    cx.set_bool(0, same);
    Ok(())
}

fn fatal<T>(text: String) -> Result<T, Fault> {
    Err(Fault::fatal(format!("runtime.SetFinalizer: {text}")))
}

pub fn set_finalizer(cx: &mut Cx) -> Done {
    let Some((ty, words)) = cx.iface(cx.arg(0)) else { return fatal("first argument is nil".into()) };
    if cx.types().get(ty).desc.kind != Kind::Pointer {
        return fatal(format!("first argument is {}, not pointer", cx.types().name(ty)));
    }
    let address = words[0];
    let heap = &cx.runtime().heap;
    let Some((_, payload)) = heap.resolve(address) else {
        // A package's variable or a value without size: never freed.
        return if address == 0 { fatal("pointer not in allocated block".into()) } else { Ok(()) };
    };
    if payload as u64 != address {
        return fatal("pointer not at beginning of allocated block".into());
    }
    let Some((func, words)) = cx.iface(cx.arg(1)) else {
        heap.remove_finalizer(address);
        return Ok(());
    };
    let how = accepts(cx, ty, func)?;
    if !heap.set_finalizer(address, words[0], how) {
        return fatal("finalizer already set".into());
    }
    Ok(())
}

/// How a value of pointer type `ty` is passed to a finalizer of type `func`.
fn accepts(cx: &Cx, ty: TypeId, func: TypeId) -> Result<u64, Fault> {
    let types = cx.types();
    let desc = &types.get(func).desc;
    if desc.kind != Kind::Func {
        return fatal(format!("second argument is {}, not a function", types.name(func)));
    }
    let refused = format!("cannot pass {} to finalizer {}", types.name(ty), types.name(func));
    if desc.variadic {
        return fatal(refused + " because dotdotdot");
    }
    let &[param] = &desc.params[..] else { return fatal(refused) };
    let (have, want) = (&types.get(ty).desc, &types.get(param).desc);
    match want.kind {
        _ if param == ty => Ok(u64::from(ty)),
        Kind::Pointer if want.elem == have.elem && !(want.named && have.named) => Ok(u64::from(ty)),
        Kind::Interface if types.implements(ty, param) => Ok(u64::from(ty) | AS_INTERFACE),
        _ => fatal(refused),
    }
}

/// → (finalizer, cleanup, argument of the finalizer).
pub fn next_final(cx: &mut Cx) -> Done {
    cx.touch();
    let words = match cx.runtime().heap.next_due() {
        None => [0; 3],
        Some(due) if due.object == 0 => [0, due.call, 0],
        Some(due) if due.how & AS_INTERFACE != 0 => {
            let value = cx.new_iface(due.how as TypeId, &[due.object])?;
            [due.call, 0, value]
        }
        Some(due) => [due.call, 0, due.object],
    };
    cx.set_words(0, &words);
    Ok(())
}
