//! Values under a verb: the walk over type descriptors, and which methods take over.
#![allow(unsafe_code)]

use super::{Call, DEPTH_MAX, Method, Printer, Reach, Val};
use crate::text::rune;
use gol_bytecode::program::{Kind, TypeDesc, TypeId};
use gol_vm::native::Fault;
use gol_vm::object::map;

type Done = Result<(), Fault>;

impl Printer<'_> {
    /// Formats an operand.
    pub(super) fn arg(&mut self, arg: u64, verb: char) -> Done {
        if self.simple(arg, verb) {
            return Ok(());
        }
        let Some((ty, words)) = self.cx.iface(arg) else {
            if matches!(verb, 'T' | 'v') {
                self.spec.padded(&mut self.out, |out| out.extend_from_slice(b"<nil>"));
                return Ok(());
            }
            return self.bad_verb_arg(0, verb);
        };
        match verb {
            'T' => {
                self.spec.string(&mut self.out, self.types.name(ty).as_bytes());
                return Ok(());
            }
            'p' => return self.pointer(Val { at: words.as_ptr().cast(), ty }, 'p'),
            _ => {}
        }
        let v = Val { at: words.as_ptr().cast(), ty };
        let t = &self.types.get(ty).desc;
        if !t.methods.is_empty() && self.methods(v, Some(arg), verb)? {
            return Ok(());
        }
        if t.kind == Kind::Slice && matches!(verb, 'v' | 'd') && self.is_plain_bytes(arg) {
            return self.bytes_list(v, verb);
        }
        self.value(v, verb, 0, Reach::Open)
    }

    /// Most operands: a number, a string or a bool of a type without methods under a verb of its own. False: it is something else, and
    /// nothing was written.
    fn simple(&mut self, arg: u64, verb: char) -> bool {
        let cx = self.cx;
        let Some((ty, word)) = cx.iface_word(arg) else { return false };
        let t = &self.types.get(ty).desc;
        if !t.methods.is_empty() {
            return false;
        }
        let (spec, out) = (&self.spec, &mut self.out);
        match t.kind {
            Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 if matches!(verb, 'd' | 'v' | 'x') => {
                spec.integer(out, word, true, verb)
            }
            Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 if matches!(verb, 'd' | 'x') => {
                spec.integer(out, word, false, verb)
            }
            Kind::String if verb == 's' || verb == 'v' && !spec.sharp_v => spec.string(out, cx.str_bytes(word)),
            Kind::Bool if matches!(verb, 't' | 'v') => spec.bool(out, word != 0),
            Kind::Float64 => {
                let Some((format, prec)) = float_verb(verb) else { return false };
                spec.float(out, f64::from_bits(word), 64, format, prec)
            }
            _ => return false,
        }
        true
    }

    /// A `[]byte` by that very type.
    pub(super) fn is_plain_bytes(&self, arg: u64) -> bool {
        self.cx.iface(arg).is_some_and(|(ty, _)| {
            let t = &self.types.get(ty).desc;
            t.kind == Kind::Slice && self.is_bytes(t) && !t.named
        })
    }

    /// `%!verb(type=value)`.
    fn bad_verb(&mut self, v: Val, verb: char) -> Done {
        self.bad_verb_open(verb);
        let was = std::mem::replace(&mut self.erroring, true);
        self.out.extend_from_slice(self.types.name(v.ty).as_bytes());
        self.out.push(b'=');
        self.value(v, 'v', 0, Reach::Open)?;
        self.erroring = was;
        self.out.push(b')');
        Ok(())
    }

    pub(super) fn bad_verb_arg(&mut self, arg: u64, verb: char) -> Done {
        match self.cx.iface(arg) {
            Some((ty, words)) => self.bad_verb(Val { at: words.as_ptr().cast(), ty }, verb),
            None => {
                self.bad_verb_open(verb);
                self.out.extend_from_slice(b"<nil>)");
                Ok(())
            }
        }
    }

    fn bad_verb_open(&mut self, verb: char) {
        self.out.extend_from_slice(b"%!");
        rune::push(&mut self.out, i64::from(verb as u32));
        self.out.push(b'(');
    }

    // ---- methods

    pub(super) fn is_error(&self, arg: u64) -> bool {
        self.cx.iface(arg).is_some_and(|(ty, _)| self.has_method(ty, "Error", 0))
    }

    /// Has the type a method of this name with `params` parameters that returns nothing (Format) or a string?
    fn has_method(&self, ty: TypeId, name: &str, params: usize) -> bool {
        let methods = &self.types.get(ty).desc.methods;
        if methods.is_empty() {
            return false;
        }
        let Some(id) = self.types.method_id(name) else { return false };
        let Ok(at) = methods.binary_search_by_key(&id, |m| m.id) else { return false };
        let sig = &self.types.get(methods[at].sig).desc;
        if sig.params.len() != params {
            return false;
        }
        match params {
            0 => sig.results.len() == 1 && sig.results[0] == self.cx.known().string,
            _ => sig.results.is_empty() && self.types.name(sig.params[0]) == "fmt.State",
        }
    }

    fn method_for(&self, ty: TypeId, verb: char) -> Option<Method> {
        if self.has_method(ty, "Format", 2) {
            return Some(Method::Format);
        }
        if self.spec.sharp_v {
            return self.has_method(ty, "GoString", 0).then_some(Method::GoString);
        }
        if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return None;
        }
        if self.has_method(ty, "Error", 0) {
            return Some(Method::Error);
        }
        self.has_method(ty, "String", 0).then_some(Method::String)
    }

    /// Lets a method of the value format it. True: it did, or will when the call has been made.
    fn methods(&mut self, v: Val, iface: Option<u64>, verb: char) -> Result<bool, Fault> {
        if self.erroring {
            return Ok(false);
        }
        let Some(method) = self.method_for(v.ty, verb) else { return Ok(false) };
        if matches!(method, Method::Error)
            && let Some(text) = self.kept_text(v)
        {
            let text = self.cx.str_bytes(text);
            self.string(text, verb);
            return Ok(true);
        }
        let k = self.answered;
        self.answered += 1;
        if k < self.answers.texts.len() {
            self.answer(k, method, verb);
            return Ok(true);
        }
        if !self.answers.texts.is_empty() {
            // The second pass: a method has changed what is printed, and this call was not asked for.
            return Ok(true);
        }
        let receiver = match iface {
            Some(word) => word,
            None => self.boxed(v)?,
        };
        let spec = &self.spec;
        let size = |n: Option<usize>| n.map_or(-1, |n| n as i64);
        let head = method as i64 | spec.bits() << 8 | i64::from(verb as u32) << 16;
        self.calls.push(Call { receiver, meta: [head, size(spec.width), size(spec.precision)] });
        Ok(true)
    }

    /// What Error answers for errors of packages errors and fmt, which keep it: nothing needs to be called.
    fn kept_text(&self, v: Val) -> Option<u64> {
        let known = self.cx.known();
        if v.ty == 0 || v.ty != known.error_string && v.ty != known.wrap_error {
            return None;
        }
        self.pointee(v)
    }

    fn answer(&mut self, k: usize, method: Method, verb: char) {
        let text = self.cx.str_bytes(self.answers.texts[k]);
        let as_is = self.answers.meta.get(k * super::META_WORDS) == Some(&0);
        match method {
            Method::Error | Method::String if !as_is => self.string(text, verb),
            Method::GoString if !as_is => self.spec.string(&mut self.out, text),
            Method::Error | Method::String | Method::GoString | Method::Format => self.out.extend_from_slice(text),
        }
    }

    // ---- the walk

    fn value(&mut self, v: Val, verb: char, depth: u32, reach: Reach) -> Done {
        if depth > DEPTH_MAX {
            return Err(Fault::stack_overflow());
        }
        let types = self.types;
        let t = &types.get(v.ty).desc;
        if depth > 0
            && reach == Reach::Open
            && t.kind != Kind::Interface
            && !t.methods.is_empty()
            && self.methods(v, None, verb)?
        {
            return Ok(());
        }
        match t.kind {
            Kind::Bool => match verb {
                't' | 'v' => {
                    let set = self.scalar(v) != 0;
                    self.spec.bool(&mut self.out, set);
                }
                _ => return self.bad_verb(v, verb),
            },
            Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => return self.integer(v, true, verb),
            Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => {
                return self.integer(v, false, verb);
            }
            Kind::Float32 => return self.float(v, 32, verb),
            Kind::Float64 => return self.float(v, 64, verb),
            Kind::Complex64 => return self.complex(v, 32, verb),
            Kind::Complex128 => return self.complex(v, 64, verb),
            Kind::String => {
                if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
                    return self.bad_verb(v, verb);
                }
                let cx = self.cx;
                self.string(cx.str_bytes(self.scalar(v)), verb);
            }
            Kind::Map => return self.map(v, t, verb, depth, reach),
            Kind::Struct => return self.fields(v, t, verb, depth, reach),
            Kind::Interface => return self.interface(v, verb, depth, reach),
            Kind::Array | Kind::Slice => return self.list(v, t, verb, depth, reach),
            Kind::Pointer => return self.deref(v, t, verb, depth, reach),
            Kind::Chan | Kind::Func | Kind::UnsafePointer => return self.pointer(v, verb),
            Kind::Placeholder | Kind::Packed => {}
        }
        Ok(())
    }

    fn string(&mut self, s: &[u8], verb: char) {
        let (spec, out) = (&self.spec, &mut self.out);
        match verb {
            'v' if spec.sharp_v => spec.quoted(out, s),
            'x' => spec.hex_bytes(out, s, false),
            'X' => spec.hex_bytes(out, s, true),
            'q' => spec.quoted(out, s),
            _ => spec.string(out, s),
        }
    }

    fn integer(&mut self, v: Val, signed: bool, verb: char) -> Done {
        let word = self.scalar(v);
        let (spec, out) = (&self.spec, &mut self.out);
        match verb {
            'v' if spec.sharp_v && !signed => spec.hex64(out, word, true),
            'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => spec.integer(out, word, signed, verb),
            'c' => spec.char(out, word),
            'q' => spec.quoted_char(out, word),
            'U' => spec.unicode(out, word),
            _ => return self.bad_verb(v, verb),
        }
        Ok(())
    }

    fn float(&mut self, v: Val, bits: u32, verb: char) -> Done {
        let Some((format, prec)) = float_verb(verb) else { return self.bad_verb(v, verb) };
        let f = self.float_of(v);
        self.spec.float(&mut self.out, f, bits, format, prec);
        Ok(())
    }

    fn complex(&mut self, v: Val, bits: u32, verb: char) -> Done {
        let Some((format, prec)) = float_verb(verb) else { return self.bad_verb(v, verb) };
        let c = self.complex_of(v);
        self.spec.complex(&mut self.out, c, bits, format, prec);
        Ok(())
    }

    /// `%v` and `%d` of a plain `[]byte`.
    fn bytes_list(&mut self, v: Val, verb: char) -> Done {
        if self.spec.sharp_v {
            // By its usual name, where the type's own is []uint8.
            self.out.extend_from_slice(b"[]byte");
            if self.word(v, 0) == 0 {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        let (at, len) = self.elems(v);
        self.out.push(if self.spec.sharp_v { b'{' } else { b'[' });
        for i in 0..len {
            self.separate(i);
            // SAFETY: `i` is below the length.
            let byte = u64::from(unsafe { *at.add(i) });
            if self.spec.sharp_v {
                self.spec.hex64(&mut self.out, byte, true);
            } else {
                self.spec.integer(&mut self.out, byte, false, verb);
            }
        }
        self.out.push(if self.spec.sharp_v { b'}' } else { b']' });
        Ok(())
    }

    fn type_name(&mut self, ty: TypeId) {
        self.out.extend_from_slice(self.types.name(ty).as_bytes());
    }

    /// What stands before element `i`.
    fn separate(&mut self, i: usize) {
        if i > 0 {
            self.out.extend_from_slice(if self.spec.sharp_v { b", " } else { b" " });
        }
    }

    fn map(&mut self, v: Val, t: &TypeDesc, verb: char, depth: u32, reach: Reach) -> Done {
        let sharp = self.spec.sharp_v;
        let m = self.scalar(v);
        if sharp {
            self.type_name(v.ty);
            if m == 0 {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        self.out.extend_from_slice(if sharp { b"{" } else { b"map[" });
        let (key_words, val_words) = (self.types.get(t.key).words as usize, self.types.get(t.elem).words as usize);
        let entry = key_words + val_words;
        // Nothing collects while a leaf runs, so the entries may lie in Rust memory.
        let words = self.entries(m, v.ty, key_words, val_words)?;
        let key = |i: usize| Val { at: words[i * entry..].as_ptr().cast(), ty: t.key };
        let count = words.len().checked_div(entry).unwrap_or(words.len().min(1));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| self.compare_keys(key(a), key(b)));
        for (i, &k) in order.iter().enumerate() {
            self.separate(i);
            self.value(key(k), verb, depth + 1, closed(reach))?;
            self.out.push(b':');
            let elem = Val { at: words[k * entry + key_words..].as_ptr().cast(), ty: t.elem };
            self.value(elem, verb, depth + 1, closed(reach))?;
        }
        self.out.push(if sharp { b'}' } else { b']' });
        Ok(())
    }

    /// Keys and values of a map, one entry after the other.
    fn entries(&self, m: u64, ty: TypeId, key_words: usize, val_words: usize) -> Result<Vec<u64>, Fault> {
        // SAFETY: `m` is a map of type `ty`; each step has room for a key and a value (one spare word for zero-size ones).
        unsafe {
            let len = map::map_len(m) as usize;
            let entry = key_words + val_words;
            let mut words = Vec::with_capacity(len * entry);
            let mut room = vec![0u64; entry + 2];
            let it = map::map_iter(self.cx.p(), m, ty)?;
            let val = room.as_mut_ptr().add(key_words + 1);
            while map::map_next(self.cx.p(), it, room.as_mut_ptr(), val)? {
                words.extend_from_slice(&room[..key_words]);
                words.extend_from_slice(&room[key_words + 1..=entry]);
                if entry == 0 {
                    // A set of nothing: the one word stands for the entry.
                    words.push(0);
                }
            }
            Ok(words)
        }
    }

    fn fields(&mut self, v: Val, t: &TypeDesc, verb: char, depth: u32, reach: Reach) -> Done {
        if self.spec.sharp_v {
            self.type_name(v.ty);
        }
        self.out.push(b'{');
        for (i, f) in t.fields.iter().enumerate() {
            self.separate(i);
            if self.spec.plus_v || self.spec.sharp_v {
                self.out.extend_from_slice(f.name.as_bytes());
                self.out.push(b':');
            }
            let inner = match (reach, f.exported, f.embedded) {
                (Reach::Closed, _, _) => Reach::Closed,
                (_, true, _) => Reach::Open,
                (_, false, true) => Reach::Embedded,
                (_, false, false) => Reach::Closed,
            };
            let field = self.field(v, f);
            self.field_value(field, verb, depth + 1, inner)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A field of interface type is printed as what it holds, one level less deep than elsewhere.
    fn field_value(&mut self, v: Val, verb: char, depth: u32, reach: Reach) -> Done {
        if self.kind(v.ty) == Kind::Interface {
            let cx = self.cx;
            if let Some((ty, words)) = cx.iface(self.scalar(v)) {
                return self.value(Val { at: words.as_ptr().cast(), ty }, verb, depth, closed(reach));
            }
        }
        self.value(v, verb, depth, reach)
    }

    fn interface(&mut self, v: Val, verb: char, depth: u32, reach: Reach) -> Done {
        let cx = self.cx;
        let word = self.scalar(v);
        match cx.iface(word) {
            Some((ty, words)) => self.value(Val { at: words.as_ptr().cast(), ty }, verb, depth + 1, closed(reach)),
            None => {
                if self.spec.sharp_v {
                    self.type_name(v.ty);
                    self.out.extend_from_slice(b"(nil)");
                } else {
                    self.out.extend_from_slice(b"<nil>");
                }
                Ok(())
            }
        }
    }

    fn list(&mut self, v: Val, t: &TypeDesc, verb: char, depth: u32, reach: Reach) -> Done {
        if matches!(verb, 's' | 'q' | 'x' | 'X') && self.is_bytes(t) {
            let bytes = self.bytes_of(v).to_vec();
            self.string(&bytes, verb);
            return Ok(());
        }
        let sharp = self.spec.sharp_v;
        let (at, len) = self.elems(v);
        if sharp {
            self.type_name(v.ty);
            if t.kind == Kind::Slice && at.is_null() {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        self.out.push(if sharp { b'{' } else { b'[' });
        let stride = self.types.get(t.backing).stride as usize;
        for i in 0..len {
            self.separate(i);
            // SAFETY: `i` is below the length; elements lie `stride` bytes apart.
            let elem = Val { at: unsafe { at.add(i * stride) }, ty: t.elem };
            self.value(elem, verb, depth + 1, closed(reach))?;
        }
        self.out.push(if sharp { b'}' } else { b']' });
        Ok(())
    }

    /// A pointer to an aggregate is followed at the top only, so cycles end.
    fn deref(&mut self, v: Val, t: &TypeDesc, verb: char, depth: u32, reach: Reach) -> Done {
        let at = self.scalar(v);
        let aggregate = matches!(self.kind(t.elem), Kind::Array | Kind::Slice | Kind::Struct | Kind::Map);
        if depth == 0 && at != 0 && aggregate {
            self.out.push(b'&');
            return self.value(Val { at: at as *const u8, ty: t.elem }, verb, depth + 1, closed(reach));
        }
        self.pointer(v, verb)
    }

    fn pointer(&mut self, v: Val, verb: char) -> Done {
        let t = &self.types.get(v.ty).desc;
        let address = match t.kind {
            Kind::Chan | Kind::Func | Kind::Map | Kind::Pointer | Kind::UnsafePointer => self.scalar(v),
            Kind::Slice => self.word(v, 0),
            _ => return self.bad_verb(v, verb),
        };
        let (spec, out) = (&self.spec, &mut self.out);
        match verb {
            'v' if spec.sharp_v => {
                let name = self.types.name(v.ty);
                out.push(b'(');
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b")(");
                if address == 0 {
                    out.extend_from_slice(b"nil")
                } else {
                    spec.hex64(out, address, true)
                }
                out.push(b')');
            }
            'v' if address == 0 => spec.padded(out, |out| out.extend_from_slice(b"<nil>")),
            'v' | 'p' => spec.hex64(out, address, !spec.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => spec.integer(out, address, false, verb),
            _ => return self.bad_verb(v, verb),
        }
        Ok(())
    }
}

/// What is inside something that was not open is not open either.
fn closed(reach: Reach) -> Reach {
    if reach == Reach::Open { Reach::Open } else { Reach::Closed }
}

/// strconv's format and the precision of a float verb.
fn float_verb(verb: char) -> Option<(u8, i64)> {
    match verb {
        'v' => Some((b'g', -1)),
        'b' | 'g' | 'G' | 'x' | 'X' => Some((verb as u8, -1)),
        'e' | 'E' | 'f' => Some((verb as u8, 6)),
        'F' => Some((b'f', 6)),
        _ => None,
    }
}
