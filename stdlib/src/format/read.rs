//! Reading values out of memory by their descriptors.
#![allow(unsafe_code)]

use super::{Printer, Val};
use gol_bytecode::program::{Field, Kind, TypeDesc};
use gol_vm::native::Fault;

impl Printer<'_> {
    /// The value in an interface.
    pub(super) fn boxed(&self, v: Val) -> Result<u64, Fault> {
        let t = self.types.get(v.ty);
        if t.desc.kind == Kind::Interface {
            return Ok(self.scalar(v));
        }
        if t.words == 1 && t.desc.kind != Kind::Struct && t.desc.kind != Kind::Array {
            return self.cx.new_iface(v.ty, &[self.scalar(v)]);
        }
        // SAFETY: an unpacked value lies at its address with all its words.
        unsafe { self.cx.new_iface_of(v.ty, aligned(v.at)) }
    }

    /// The word of a one-word value, normalised by its kind: narrow kinds are read narrow, wherever they lie.
    pub(super) fn scalar(&self, v: Val) -> u64 {
        // SAFETY: `v` is a value of its type; narrow kinds have at least their size there.
        unsafe {
            match self.kind(v.ty) {
                Kind::Bool | Kind::Uint8 => u64::from(*v.at),
                Kind::Int8 => *v.at.cast::<i8>() as i64 as u64,
                Kind::Int16 => v.at.cast::<i16>().read_unaligned() as i64 as u64,
                Kind::Uint16 => u64::from(v.at.cast::<u16>().read_unaligned()),
                Kind::Int32 => v.at.cast::<i32>().read_unaligned() as i64 as u64,
                Kind::Uint32 | Kind::Float32 => u64::from(v.at.cast::<u32>().read_unaligned()),
                _ => v.at.cast::<u64>().read_unaligned(),
            }
        }
    }

    pub(super) fn float_of(&self, v: Val) -> f64 {
        let word = self.scalar(v);
        if self.kind(v.ty) == Kind::Float32 { f64::from(f32::from_bits(word as u32)) } else { f64::from_bits(word) }
    }

    pub(super) fn complex_of(&self, v: Val) -> (f64, f64) {
        (f64::from_bits(self.word(v, 0)), f64::from_bits(self.word(v, 1)))
    }

    pub(super) fn word(&self, v: Val, i: usize) -> u64 {
        debug_assert!(i < self.types.get(v.ty).words as usize);
        // SAFETY: `i` is below the words of the type.
        unsafe { v.at.cast::<u64>().add(i).read_unaligned() }
    }

    pub(super) fn field(&self, v: Val, f: &Field) -> Val {
        // SAFETY: the field lies inside the struct.
        Val { at: unsafe { v.at.add(f.offset as usize * 8) }, ty: f.ty }
    }

    pub(super) fn array_elem(&self, v: Val, i: usize) -> Val {
        let t = &self.types.get(v.ty).desc;
        let stride = self.types.get(t.backing).stride as usize;
        // SAFETY: `i` is below the array's length.
        Val { at: unsafe { v.at.add(i * stride) }, ty: t.elem }
    }

    /// The first word of what a pointer points to; `None` when it is nil.
    pub(super) fn pointee(&self, v: Val) -> Option<u64> {
        debug_assert_eq!(self.kind(v.ty), Kind::Pointer);
        // SAFETY: a pointer of the machine is nil or points into a live object.
        unsafe { (self.scalar(v) as *const u64).as_ref().copied() }
    }

    /// Address of element 0 and length of a slice or array.
    pub(super) fn elems(&self, v: Val) -> (*const u8, usize) {
        let t = &self.types.get(v.ty).desc;
        if t.kind == Kind::Array {
            return (v.at, t.len as usize);
        }
        // SAFETY: the three words of a slice with this backing type.
        let s = unsafe { self.cx.slice_at(aligned(v.at), self.types.get(t.backing).stride) };
        (s.ptr as *const u8, s.len)
    }

    pub(super) fn is_bytes(&self, t: &TypeDesc) -> bool {
        self.kind(t.elem) == Kind::Uint8
    }

    pub(super) fn bytes_of(&self, v: Val) -> &[u8] {
        let (at, len) = self.elems(v);
        if len == 0 {
            return &[];
        }
        // SAFETY: bytes lie packed: `len` of them; nothing is collected while a leaf runs.
        unsafe { std::slice::from_raw_parts(at, len) }
    }
}

/// The address of whole words.
fn aligned(at: *const u8) -> *const u64 {
    debug_assert!((at as usize).is_multiple_of(8));
    at.cast()
}
