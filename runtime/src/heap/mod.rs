//! The heap: non-moving, size-class spans, per-P allocation caches, mark bytes with epochs, lazy sweep.
//!
//! An object is a [`Header`] word followed by its payload; a *reference* is the address of the payload, or of any byte
//! inside it (interior). Allocation never collects: it asks for a collection (`want_gc`) and goes on, so native code may
//! hold raw references until its next safepoint. Marking accepts any word: what does not lie in an allocated cell is ignored,
//! so stacks are scanned conservatively.

/// Index into the append-only descriptor table. 0 is "free cell or nothing to scan".
pub type DescId = u32;

/// `desc` in the low 24 bits, `len` (number of elements) in the high 40. Written once, before the object is reachable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Header(pub u64);

impl Header {
    pub const LEN_MAX: u64 = (1 << 40) - 1;
    #[inline(always)]
    pub fn new(desc: DescId, len: u64) -> Header {
        Header(desc as u64 | len << 24)
    }
    #[inline(always)]
    pub fn desc(self) -> DescId {
        (self.0 & 0xff_ffff) as u32
    }
    #[inline(always)]
    pub fn len(self) -> u64 {
        self.0 >> 24
    }
}

/// Which words may hold references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PtrMap {
    None,
    All,
    /// Bit `i` of word `i / 64`: word `i` of the element.
    Bits(Box<[u64]>),
}

/// How to measure and trace an object: `8 (header) + 8 * prefix_words + len * stride` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desc {
    pub prefix_words: u32,
    pub prefix_ptrs: PtrMap,
    /// Bytes an element: 0, 1, 2, 4 or a multiple of 8.
    pub stride: u32,
    pub ptrs: PtrMap,
}

#[derive(Clone, Debug)]
pub struct HeapConfig {
    /// Hard limit in bytes over spans and accounted outside memory.
    pub limit: usize,
    /// Percent of live bytes to allocate before the next collection; `None` is off.
    pub gogc: Option<u32>,
    /// Ask for a collection at every n-th allocation refill or allocation (stress mode).
    pub stress_every: Option<u32>,
    /// Fill freed cells with 0xdb.
    pub poison: bool,
    /// Check the marking with a second, simple marker.
    pub verify: bool,
}

/// The heap of one runtime.
pub struct Heap {}

/// Per-P allocation cache, embedded in `P`.
#[repr(C)]
pub struct Cache {}

impl Heap {
    /// Fails when no address space can be reserved.
    pub fn new(_config: HeapConfig) -> Result<Heap, String> {
        unimplemented!()
    }
    /// Appends to the descriptor table (callable while goroutines run: the prompt adds types).
    pub fn add_desc(&self, _desc: Desc) -> DescId {
        unimplemented!()
    }
    pub fn new_cache(&self) -> Cache {
        unimplemented!()
    }
    /// A zeroed object; null when the limit is reached or `len` is absurd. Never collects.
    ///
    /// # Safety
    /// `cache` belongs to this heap and to the calling P; `desc` is in the table.
    #[inline(always)]
    pub unsafe fn alloc(&self, _cache: &mut Cache, _desc: DescId, _len: u64) -> *mut u64 {
        unimplemented!()
    }
    /// A collection is due: the caller's next safepoint should stop the world.
    pub fn want_gc(&self) -> bool {
        unimplemented!()
    }
    /// The header of the object that a reference points into, and the address of its payload; `None` when the word is no
    /// reference into an allocated cell.
    pub fn resolve(&self, _word: u64) -> Option<(Header, *mut u64)> {
        unimplemented!()
    }
    /// A full collection. The world is stopped; `roots` is called once with the marker's visitor, which takes ranges of
    /// words that are scanned conservatively. All caches must be passed to be flushed.
    ///
    /// # Safety
    /// No other thread touches the heap during the call.
    pub unsafe fn collect(
        &self,
        _caches: &mut dyn Iterator<Item = &mut Cache>,
        _roots: &mut dyn FnMut(&mut dyn FnMut(*const u64, usize)),
    ) {
        unimplemented!()
    }
}
