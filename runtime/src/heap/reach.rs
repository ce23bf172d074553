//! What words reach, found by walking and not by marking: for reports (leaks, who refers to what).
//!
//! Invariants: nothing runs meanwhile, or what runs touches no object; mark bytes and epochs stay as they are. Any word is
//! accepted, as in marking.

use super::Heap;
use std::collections::HashSet;

/// The objects that were reached so far, by the addresses of their payloads.
pub struct Reach<'h> {
    heap: &'h Heap,
    seen: HashSet<usize>,
    todo: Vec<usize>,
}

impl<'h> Reach<'h> {
    pub fn new(heap: &'h Heap) -> Reach<'h> {
        Reach { heap, seen: HashSet::new(), todo: Vec::new() }
    }

    /// Takes a word; `fresh` is called with the payload of the object that it is a reference to, if that is a new one.
    pub fn root(&mut self, word: u64, fresh: &mut dyn FnMut(usize)) {
        if let Some((_, payload)) = self.heap.resolve(word)
            && self.seen.insert(payload as usize)
        {
            fresh(payload as usize);
            self.todo.push(payload as usize);
        }
    }

    /// Follows what was taken until nothing is left or `most` objects were walked; false: something is left.
    ///
    /// # Safety
    /// Nothing changes objects meanwhile.
    pub unsafe fn follow(&mut self, mut most: usize, fresh: &mut dyn FnMut(usize)) -> bool {
        while let Some(payload) = self.todo.pop() {
            if most == 0 {
                self.todo.push(payload);
                return false;
            }
            most -= 1;
            let mut words = Vec::new();
            // SAFETY: says the caller; `resolve` gave the payload.
            unsafe { self.heap.references(payload as *const u64, &mut |word| words.push(word)) };
            for word in words {
                self.root(word, fresh);
            }
        }
        true
    }
}

impl Heap {
    /// Calls `f` with every word of an object that may be a reference.
    ///
    /// # Safety
    /// `payload` is an object's, and nothing changes it meanwhile.
    pub unsafe fn references(&self, payload: *const u64, f: &mut dyn FnMut(u64)) {
        let Some((header, _)) = self.resolve(payload as u64) else { return };
        let Some(entry) = self.descs.get(header.desc()) else { return };
        // SAFETY: the caller's object.
        let from = unsafe { entry.skipped(payload) };
        let is_set = |masks: &[u64], i: usize| masks[i / 64] >> (i % 64) & 1 != 0;
        let prefix = entry.prefix.words as usize;
        for i in (0..prefix).filter(|&i| is_set(entry.prefix.masks(), i)) {
            // SAFETY: a word of the object's prefix.
            f(unsafe { payload.add(i).read() });
        }
        let words = entry.ptrs.words as usize;
        let traced: Vec<usize> = (0..words).filter(|&i| is_set(entry.ptrs.masks(), i)).collect();
        if traced.is_empty() {
            return;
        }
        for element in 0..header.len() as usize {
            for i in traced.iter().filter(|&i| prefix + element * words + i >= from) {
                // SAFETY: a word of one of the object's elements.
                f(unsafe { payload.add(prefix + element * words + i).read() });
            }
        }
    }
}
