//! From a function's code to units: handlers, and what the machine keeps in instructions (code addresses, frame sizes, caches).
//! *(unsafe)*
use crate::code::{Handler, Unit};
use crate::handlers::{self, atomic, call, chan, handler_of, int, memory, pairs, quick, slice, table};
use crate::native::{Cursor, NativeFn, Quick};
use crate::object;
use crate::op_profile;
use crate::types::{Inline, MapKey};
use crate::vm::{MethodSite, NO_METHOD, Shared};
use gol_bytecode::{Func, Ins, Op};
use gol_jit::{Buffer, Fast, Helper};
use gol_runtime::Heap;

/// The units of a verified function that will lie at `code`.
pub(crate) fn units(shared: &Shared, heap: &Heap, f: &Func, code: *mut Unit) -> Result<Vec<Unit>, String> {
    let handler = |op| if shared.profile_ops { op_profile::handler_of(op) } else { handler_of(op) };
    let unit = |ins: &Ins| Unit { h: handler(ins.op), a: ins.a, b: ins.b, c: ins.c, d: ins.d };
    let mut units: Vec<Unit> = f.code.iter().map(unit).collect();
    for (k, ins) in f.code.iter().enumerate() {
        if ins.op != Op::Data {
            // SAFETY: as many units lie there as the function has.
            instruction(shared, heap, f, k, &mut units, unsafe { code.add(k) })?;
        }
    }
    Ok(units)
}

/// Completes the instruction at `k`, which will lie at `place`; chooses special handlers.
fn instruction(
    shared: &Shared,
    heap: &Heap,
    f: &Func,
    k: usize,
    units: &mut [Unit],
    place: *mut Unit,
) -> Result<(), String> {
    let ins = f.code[k];
    let special = special_handler(shared, f, k)?;
    if shared.profile_ops {
        if ins.op == Op::CallNC {
            (units[k].h, units[k + 1].h) = op_profile::native_handlers(special);
        }
    } else if let Some(handler) = special {
        units[k].h = handler as usize;
    }
    let unit = &mut units[k];
    if !shared.profile_ops
        && let Some(form) = alone_form(shared, f, k)
    {
        unit.h = shared.sharing.choose(form, unit.h, place);
    }
    match ins.op {
        Op::Call => {
            let code = shared.code_of(ins.cd());
            units[k + 1] = Unit { h: code as usize, a: ins.a, b: 0, c: 0, d: 0 };
        }
        Op::CallMov => {
            let code = shared.code_of(ins.cd());
            (units[k + 1].h, units[k + 1].a) = (code as usize, ins.a);
        }
        Op::CallC | Op::RunDefers => units[k + 1].a = ins.a,
        Op::CallNC => native_call(shared, ins, &mut units[k + 1]),
        Op::CallD | Op::CallD2 => {
            let NativeFn::InPlace(run, _) = shared.native(f.code[k + 1].ab()) else {
                return Err(format!("function {} calls a native in place that cannot be", f.name));
            };
            units[k + 1].h = run as usize;
        }
        Op::CallI => {
            let cache: *const MethodSite = &raw const NO_METHOD;
            units[k + 1] = Unit { h: cache as usize, a: ins.a, b: 0, c: 0, d: 0 };
        }
        Op::New | Op::MkIface if !shared.profile_ops => small_object(shared, heap, ins, unit),
        Op::DivK | Op::RemK if power_of_two(ins.c) => unit.d = ins.c.trailing_zeros() as u16,
        Op::MkClosure => units[k + 1].h = shared.code_of(ins.cd()) as usize,
        Op::Defer => {
            let epilogue = f.epilogue.ok_or_else(|| format!("function {} defers without an epilogue", f.name))?;
            let distance = epilogue.wrapping_sub(k as u32);
            unit.c = distance as u16;
            unit.d = (distance >> 16) as u16;
        }
        _ => {}
    }
    Ok(())
}

/// Is the call of a native in place followed by a test of its answer?
fn tested(f: &Func, k: usize) -> bool {
    f.code.get(k + 2).is_some_and(|&next| handlers::cursor::is_test(f.code[k], next))
}

/// The form of an operation for the time of one goroutine.
fn alone_form(shared: &Shared, f: &Func, k: usize) -> Option<Handler> {
    let ins = f.code[k];
    match ins.op {
        Op::AppFldV => handlers::shared::append_forms(shared.types.get(ins.d as u32).stride).map(|[_, alone]| alone),
        Op::CallD | Op::CallD2 => match shared.native(f.code[k + 1].ab()) {
            NativeFn::InPlace(_, Some(Quick::Cursor(cursor))) => {
                Some(handlers::cursor::handler(cursor, true, tested(f, k)))
            }
            _ => None,
        },
        op => handlers::shared::alone(op),
    }
}

/// The data unit of a native's call: the function itself, where the handler takes it from there.
fn native_call(shared: &Shared, ins: Ins, data: &mut Unit) {
    data.a = ins.a;
    if shared.profile_ops {
        return;
    }
    match shared.native(ins.cd()) {
        NativeFn::Leaf(f) => data.h = f as usize,
        NativeFn::Direct(f) => data.h = f as usize,
        NativeFn::InPlace(..)
        | NativeFn::Parking(_)
        | NativeFn::HandOver
        | NativeFn::Callback(_)
        | NativeFn::Piece(_)
        | NativeFn::Atomic(..)
        | NativeFn::Shortcut(_) => {}
    }
}

/// Does the code begin with a call of another piece, but for moves?
fn piece_follows(shared: &Shared, code: &[Ins]) -> bool {
    let next = code.iter().find(|ins| !matches!(ins.op, Op::Mov | Op::Mov2 | Op::Mov3 | Op::MovN));
    next.is_some_and(|ins| ins.op == Op::CallNC && matches!(shared.native(ins.cd()), NativeFn::Piece(_)))
}

/// Kinds of cells are numbered in a byte here.
const KINDS: u32 = 256;

/// `New`, and `MkIface` of boxed types of one word, allocate in the handler when the object has a class of its own.
fn small_object(shared: &Shared, heap: &Heap, ins: Ins, unit: &mut Unit) {
    let ty = ins.cd();
    let loaded = shared.types.get(ty);
    if ins.op == Op::MkIface && (loaded.inline != Inline::No || loaded.words != 1) {
        return;
    }
    let key = heap.class_of(ty, 1);
    // Cells are multiples of words; what has no class has size 1.
    if key.kind >= KINDS || !key.size.is_multiple_of(8) || key.size / 8 > u16::MAX as u32 || ty >> 24 != 0 {
        return;
    }
    if ins.op == Op::MkIface {
        if key.size != 16 {
            return;
        }
        unit.h = memory::BoxSmall as Handler as usize;
    } else {
        unit.h = memory::NewSmall as Handler as usize;
        unit.b = (key.size / 8) as u16;
    }
    unit.d = (ty >> 16) as u16 | (key.kind as u16) << 8;
}

/// An immediate divisor that a shift can do.
fn power_of_two(k: u16) -> bool {
    k as i16 > 1 && k.is_power_of_two()
}

/// Has the machine no other way than to call this function?
pub(crate) fn is_plain_call(shared: &Shared, f: u32) -> bool {
    // SAFETY: the unit before an entry is the header.
    shortcut_handler(unsafe { (*shared.code_of(f).sub(1)).d }).is_none()
}

/// The handler for calls of a function whose header has this mark.
fn shortcut_handler(mark: u16) -> Option<Handler> {
    match mark {
        1 => Some(call::CallLock),
        2 => Some(call::CallUnlock),
        _ => None,
    }
}

/// The handler that does an instruction alone, when the one that [`units`] chooses does the next one too, which would
/// pass over an entry of machine code.
pub(crate) fn unpaired(shared: &Shared, f: &Func, k: usize) -> Option<usize> {
    if f.code[k].op == Op::Data || next_too(shared, f, k).is_none() || alone_form(shared, f, k).is_some() {
        return None;
    }
    let sized = sized_handler(shared, f, k).ok()?;
    Some(sized.map_or_else(|| handler_of(f.code[k].op), |h| h as usize))
}

/// The handler of an instruction and what is done next.
fn next_too(shared: &Shared, f: &Func, k: usize) -> Option<Handler> {
    let is_byte = |backing: u16| shared.types.get(backing as u32).stride == 1;
    if handlers::shared::appends_to_own(&f.code[k..], is_byte) {
        return Some(handlers::shared::OwnAppFld8);
    }
    pairs::handler_of(&f.code, k)
}

/// Operations that have a handler of their own for what stands behind them, or for some types or sizes.
fn special_handler(shared: &Shared, f: &Func, k: usize) -> Result<Option<Handler>, String> {
    let pair = if shared.profile_ops { None } else { next_too(shared, f, k) };
    match pair {
        Some(pair) => Ok(Some(pair)),
        None => sized_handler(shared, f, k),
    }
}

/// For some types or sizes.
fn sized_handler(shared: &Shared, f: &Func, k: usize) -> Result<Option<Handler>, String> {
    let ins = f.code[k];
    let stride = |backing: u16| shared.types.get(backing as u32).stride;
    let by_key = |word, string, general: Option<Handler>| match shared.types.get(ins.d as u32).map_key {
        MapKey::Word => Some(word),
        MapKey::Str => Some(string),
        MapKey::Words2 | MapKey::Words3 | MapKey::Float | MapKey::General => general,
    };
    let inline = |ty| shared.types.get(ty).inline;
    let one_word = |ty| shared.types.get(ty).words == 1;
    Ok(match ins.op {
        Op::MovN => match ins.c {
            2 => Some(int::MovN2),
            3 => Some(int::Mov3),
            4 => Some(int::MovN4),
            5 => Some(int::MovN5),
            6 => Some(int::MovN6),
            _ => None,
        },
        Op::LdN => match ins.d {
            2 => Some(memory::LdN2),
            3 => Some(memory::LdN3),
            4 => Some(memory::LdN4),
            _ => None,
        },
        Op::LdIdxN => match ins.d {
            2 => Some(slice::LdIdxN2),
            3 => Some(slice::LdIdxN3),
            4 => Some(slice::LdIdxN4),
            _ => None,
        },
        Op::StIdxN => match ins.d {
            2 => Some(slice::StIdxN2),
            3 => Some(slice::StIdxN3),
            4 => Some(slice::StIdxN4),
            _ => None,
        },
        Op::StN | Op::StNP => match ins.d {
            2 => Some(memory::StN2),
            3 => Some(memory::StN3),
            4 => Some(memory::StN4),
            _ => None,
        },
        Op::DivK if power_of_two(ins.c) => Some(int::DivP2),
        Op::RemK if power_of_two(ins.c) => Some(int::RemP2),
        Op::DivK if (2..int::SMALL).contains(&ins.c.into()) => Some(int::DivSmall),
        Op::RemK if (2..int::SMALL).contains(&ins.c.into()) => Some(int::RemSmall),
        Op::RetN if ins.b == 2 => Some(call::Ret2),
        Op::MkIface => match inline(ins.cd()) {
            Inline::Signed => Some(table::MkIfaceS),
            Inline::Unsigned => Some(table::MkIfaceU),
            Inline::No => None,
        },
        Op::Assert => match inline(ins.cd()) {
            Inline::Signed => Some(table::AssertS),
            Inline::Unsigned => Some(table::AssertU),
            Inline::No if one_word(ins.cd()) => Some(table::AssertBoxed),
            Inline::No => None,
        },
        Op::AssertOk if inline(ins.cd()) == Inline::No && one_word(ins.cd()) => Some(table::AssertOkBoxed),
        Op::MapGet => by_key(table::MapGetInt as Handler, table::MapGetStr, None),
        Op::MapGetOk => by_key(table::MapGetOkInt as Handler, table::MapGetOkStr, None),
        Op::MapSet => by_key(table::MapSetInt as Handler, table::MapSetStr, None),
        Op::AppendV if ins.b == 0 => match stride(ins.d) {
            8 => Some(slice::AppendW),
            1 => Some(slice::Append8),
            _ => None,
        },
        Op::AppFldV if !shared.profile_ops => handlers::shared::append_forms(stride(ins.d)).map(|[form, _]| form),
        // SAFETY: the unit before an entry is the header.
        Op::Call => shortcut_handler(unsafe { (*shared.code_of(ins.cd()).sub(1)).d }),
        Op::CallD | Op::CallD2 if !shared.profile_ops => match shared.native(f.code[k + 1].ab()) {
            NativeFn::InPlace(_, quick) => quick.map(|q| quick::handler(q, tested(f, k))),
            _ => None,
        },
        Op::CallN | Op::CallNC => match shared.native(ins.cd()) {
            NativeFn::Leaf(_) | NativeFn::Direct(_) if ins.op == Op::CallN => None,
            NativeFn::Leaf(_) | NativeFn::Direct(_) if shared.profile_ops => Some(call::CallNCNumbered),
            NativeFn::Leaf(_) => Some(call::CallNCLeaf),
            NativeFn::Direct(_) => Some(call::CallNCDirect),
            NativeFn::Callback(_) if ins.op == Op::CallNC => None,
            NativeFn::Parking(_) if ins.op == Op::CallNC => Some(call::CallNCPark),
            NativeFn::HandOver if ins.op == Op::CallNC => Some(chan::HandOver),
            NativeFn::Piece(_) if ins.op == Op::CallNC => {
                let more = piece_follows(shared, &f.code[k + 2..]);
                Some(if more { call::CallNCMore } else { call::CallNCLast })
            }
            NativeFn::Atomic(op, width) if ins.op == Op::CallNC => Some(atomic::handler(op, width)),
            NativeFn::Atomic(..) => return Err(format!("function {} calls an atomic operation as a leaf", f.name)),
            NativeFn::Piece(_) => return Err(format!("function {} calls a piece of output as a leaf", f.name)),
            NativeFn::Shortcut(_) => return Err(format!("function {} calls a shortcut as a native", f.name)),
            NativeFn::InPlace(..) => {
                return Err(format!("function {} calls a native in a window that has none", f.name));
            }
            NativeFn::Parking(_) | NativeFn::HandOver | NativeFn::Callback(_) => {
                return Err(format!(
                    "function {} calls a native that parks or calls back as if it were a leaf",
                    f.name
                ));
            }
        },
        _ => None,
    })
}

/// The function that does the instruction at `k` of a loaded function for machine code, on the frame.
pub(crate) fn helper(shared: &Shared, f: &Func, k: usize) -> Option<Helper> {
    let ins = f.code[k];
    macro_rules! work {
        ($($path:ident)::+) => { Some(Helper::Work(handlers::$($path)::+ as *const () as u64)) };
    }
    macro_rules! native {
        ($name:ident) => {
            Some(Helper::Native(call::$name as *const () as u64))
        };
    }
    match ins.op {
        // These have forms that look whether others run beside, or handlers that do most of it.
        Op::CutT => return work!(shared::CutT::work),
        Op::AppFldV => return work!(shared::append_to_field),
        Op::AppFldS => return work!(shared::AppFldS::work),
        Op::AppFldStr => return work!(shared::append_text_to_field),
        Op::AppendStr => return work!(slice::append_str),
        Op::SliceStr => return work!(slice::slice_str),
        Op::BytesToStr => return work!(slice::bytes_to_str),
        Op::SwpElem => return work!(slice::swap_elements),
        Op::MapNext => return work!(table::map_next),
        Op::CallD | Op::CallD2 => {
            let NativeFn::InPlace(_, quick) = shared.native(f.code[k + 1].ab()) else { return None };
            return match quick {
                Some(quick) => Some(Helper::Work(quick::work(quick) as u64)),
                None if ins.op == Op::CallD => work!(call::in_place),
                None => work!(call::in_place2),
            };
        }
        Op::CallN | Op::CallNC => {
            return match shared.native(ins.cd()) {
                NativeFn::Direct(_) if ins.op == Op::CallNC => work!(call::direct),
                NativeFn::Leaf(_) if ins.op == Op::CallNC => native!(leaf_code),
                NativeFn::Direct(_) | NativeFn::Leaf(_) => native!(numbered_code),
                NativeFn::Piece(_) if piece_follows(shared, &f.code[k + 2..]) => native!(piece_more),
                NativeFn::Piece(_) => native!(piece_last),
                _ => None,
            };
        }
        _ => {}
    }
    let own = sized_handler(shared, f, k).ok()?.map_or_else(|| handler_of(ins.op), |h| h as usize);
    macro_rules! works {
        ($($module:ident: $($name:ident)*;)*) => { [$($((handlers::$module::$name as Handler as usize, handlers::$module::$name::work as *const () as u64),)*)*] };
    }
    let works = works! {
        branch: EqIface EqT;
        memory: New NewArr MkClosure;
        slice: SliceArr AppendS AppendRune CopyS CopyStr MakeSlice ClearS Concat StrToBytes StrToRunes RunesToStr RuneToStr;
        table: MkIface Assert AssertOk AssertI AssertIOk Implements MakeMap MapGet MapGetInt MapGetStr MapGetOk MapGetOkInt MapGetOkStr
            MapSet MapSetInt MapSetStr MapDel MapLen MapClear MapIter;
    };
    works.iter().find(|(handler, _)| *handler == own).map(|(_, work)| Helper::Work(*work))
}

/// What [`units`] found out of the instruction at `k` of a loaded function, whose unit is this.
pub(crate) fn fast(shared: &Shared, f: &Func, k: usize, unit: &Unit) -> Fast {
    let ins = f.code[k];
    let is = |h: Handler| unit.h == h as usize;
    match ins.op {
        Op::New if is(memory::NewSmall) => {
            let run = object::run_offset((unit.d >> 8) as usize);
            Fast::Cell { run, words: unit.b.into(), header: u64::from(unit.cd() & 0xff_ffff) | 1 << 24 }
        }
        Op::MkIface if is(memory::BoxSmall) => {
            let run = object::run_offset((unit.d >> 8) as usize);
            Fast::Box { run, header: u64::from(unit.cd() & 0xff_ffff) | 1 << 24 }
        }
        Op::MkIface | Op::Assert => match shared.types.get(ins.cd()).inline {
            Inline::Signed => Fast::Signed,
            Inline::Unsigned => Fast::Unsigned,
            Inline::No if ins.op == Op::Assert && shared.types.get(ins.cd()).words == 1 => Fast::Boxed,
            Inline::No => Fast::No,
        },
        Op::AssertOk => match shared.types.get(ins.cd()) {
            t if t.inline == Inline::No && t.words == 1 => Fast::Boxed,
            _ => Fast::No,
        },
        Op::CallD | Op::CallD2 => match shared.native(f.code[k + 1].ab()) {
            NativeFn::InPlace(_, Some(Quick::Cursor(cursor))) => match cursor {
                Cursor::Byte => Fast::Buffer(Buffer::NextByte),
                Cursor::Rune => Fast::Buffer(Buffer::NextRune),
                Cursor::Put => Fast::Buffer(Buffer::Put),
                Cursor::Line | Cursor::Ahead | Cursor::Skip => Fast::No,
            },
            _ => Fast::No,
        },
        _ => Fast::No,
    }
}
