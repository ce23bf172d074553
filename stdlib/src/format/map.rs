//! The order in which maps are printed: by key, as Go's package fmt does.

use super::{Printer, Val};
use gol_bytecode::program::Kind;
use std::cmp::Ordering;

impl Printer<'_> {
    /// Orders two keys of one type: numbers by value with NaN first, false before true, structs and arrays by their first
    /// difference, interfaces by type and then by value.
    pub(super) fn compare_keys(&self, a: Val, b: Val) -> Ordering {
        let t = self.types.get(a.ty);
        match t.desc.kind {
            Kind::Bool
            | Kind::Uint
            | Kind::Uint8
            | Kind::Uint16
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Uintptr
            | Kind::Pointer
            | Kind::UnsafePointer
            | Kind::Chan => self.scalar(a).cmp(&self.scalar(b)),
            Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => {
                (self.scalar(a) as i64).cmp(&(self.scalar(b) as i64))
            }
            Kind::Float32 | Kind::Float64 => floats(self.float_of(a), self.float_of(b)),
            Kind::Complex64 | Kind::Complex128 => {
                let (x, y) = (self.complex_of(a), self.complex_of(b));
                floats(x.0, y.0).then_with(|| floats(x.1, y.1))
            }
            Kind::String => self.cx.str_bytes(self.scalar(a)).cmp(self.cx.str_bytes(self.scalar(b))),
            Kind::Struct => t
                .desc
                .fields
                .iter()
                .map(|f| self.compare_keys(self.field(a, f), self.field(b, f)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal),
            Kind::Array => (0..t.desc.len as usize)
                .map(|i| self.compare_keys(self.array_elem(a, i), self.array_elem(b, i)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal),
            Kind::Interface => self.compare_ifaces(self.scalar(a), self.scalar(b)),
            // No keys.
            Kind::Placeholder | Kind::Slice | Kind::Map | Kind::Func | Kind::Packed => Ordering::Equal,
        }
    }

    fn compare_ifaces(&self, a: u64, b: u64) -> Ordering {
        match (self.cx.iface(a), self.cx.iface(b)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some((ta, wa)), Some((tb, wb))) => {
                if ta != tb {
                    return ta.cmp(&tb);
                }
                let val = |w: &[u64]| Val { at: w.as_ptr().cast(), ty: ta };
                self.compare_keys(val(&wa), val(&wb))
            }
        }
    }
}

fn floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
    }
}
