//! What the heap holds, by type: counted after collections when somebody wants to know.
//!
//! A map counts with its table, a function value by the function, a channel by the function that made it. An array of one element
//! cannot be told from its element, and counts as that.
use crate::code::Pc;
use crate::object::map::table_of;
use crate::types::{TypeId, Types, desc};
use crate::vm::{Shared, Vm};
use gol_bytecode::Kind;
use gol_bytecode::program::desc as reserved;
use gol_runtime::heap::Live;
use gol_runtime::{Chan, Runtime, ops};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Objects of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRow {
    /// As `%T` prints it.
    pub name: String,
    pub objects: u64,
    /// Of their cells.
    pub bytes: u64,
}

/// What was alive after a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Number of the collection.
    pub number: u32,
    pub objects: u64,
    pub bytes: u64,
    /// Most bytes first.
    pub types: Vec<TypeRow>,
}

/// What objects are counted under.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Strings,
    Value(TypeId),
    Elements(TypeId),
    /// By the entry of the function.
    Function(usize),
    /// By the place where it was made.
    Channel(u32),
    Machine,
}

type Rows = FxHashMap<Key, (u64, u64)>;

#[derive(Clone, Default)]
struct Snapshot {
    number: u32,
    rows: Rows,
}

#[derive(Default)]
struct Counts {
    most_bytes: u64,
    most: Snapshot,
    end: Snapshot,
    /// The next collection is the last one.
    ending: bool,
}

/// The counts of one machine.
pub struct Census {
    shared: Arc<Shared>,
    runtime: Arc<Runtime>,
    counts: Arc<Mutex<Counts>>,
}

impl Census {
    /// From now on every collection that finds more alive than those before is counted.
    pub fn begin(vm: &Vm) -> Census {
        let counts: Arc<Mutex<Counts>> = Arc::default();
        let (hooked, shared) = (counts.clone(), vm.shared.clone());
        vm.runtime.heap.set_live_hook(Box::new(move |live| {
            let mut counts = hooked.lock().unwrap_or_else(PoisonError::into_inner);
            if live.bytes <= counts.most_bytes && !counts.ending {
                return;
            }
            let now = Snapshot { number: live.number, rows: rows(live, &shared.types) };
            if live.bytes > counts.most_bytes {
                counts.most_bytes = live.bytes;
                counts.most = now.clone();
            }
            counts.end = now;
        }));
        Census { shared: vm.shared.clone(), runtime: vm.runtime.clone(), counts }
    }

    /// After a run: what is alive then, and what was when it was most.
    pub fn end(&self) -> (Count, Count) {
        let locked = || self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        locked().ending = true;
        self.runtime.collect_from_outside();
        let counts = locked();
        (self.count(&counts.end), self.count(&counts.most))
    }

    fn count(&self, of: &Snapshot) -> Count {
        // Several keys may have one name: instances of a function, say.
        let mut named: FxHashMap<String, (u64, u64)> = FxHashMap::default();
        for (key, (objects, bytes)) in &of.rows {
            let row = named.entry(self.name(*key)).or_default();
            row.0 += objects;
            row.1 += bytes;
        }
        let mut types: Vec<TypeRow> =
            named.into_iter().map(|(name, (objects, bytes))| TypeRow { name, objects, bytes }).collect();
        types.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        let sum = |part: fn(&TypeRow) -> u64| types.iter().map(part).sum();
        Count { number: of.number, objects: sum(|t| t.objects), bytes: sum(|t| t.bytes), types }
    }

    fn name(&self, key: Key) -> String {
        let types = &self.shared.types;
        let function = |pc: Pc| self.shared.code.find(pc).map_or("?", |func| func.place(pc, 0).0);
        match key {
            Key::Strings => "string".into(),
            Key::Value(ty) => types.name(ty).into(),
            Key::Elements(ty) => {
                let desc = &types.get(ty).desc;
                let elem = if desc.kind == Kind::Packed { desc.elem } else { ty };
                format!("[]{}", types.name(elem))
            }
            Key::Function(entry) => format!("func {}", function(entry as Pc)),
            Key::Channel(place) => {
                format!("chan made by {}", self.shared.pc_of(place).map_or("?", function))
            }
            Key::Machine => "(machine)".into(),
        }
    }
}

/// Counts what is alive.
fn rows(live: &Live, types: &Types) -> Rows {
    let mut rows = Rows::default();
    let mut tables: FxHashMap<usize, u64> = FxHashMap::default();
    let mut maps = Vec::new();
    live.each(&mut |header, payload, bytes| {
        let key = match header.desc() {
            desc::MAP_TABLE | desc::MAP_TABLE_NOSCAN => {
                tables.insert(payload as usize, bytes as u64);
                return;
            }
            desc::MAP => {
                // SAFETY: an object with this descriptor is a map; the world is stopped.
                maps.push((header.len() as TypeId, unsafe { table_of(payload) }));
                Key::Value(header.len() as TypeId)
            }
            reserved::STR | reserved::STRVIEW => Key::Strings,
            // SAFETY: a closure's first word is the entry of its function.
            reserved::CLOSURE => Key::Function(unsafe { payload.read() } as usize),
            // SAFETY: an object with this descriptor is a channel.
            desc::CHAN | desc::CHAN_NOSCAN => Key::Channel(unsafe { ops::chan_place(payload as *const Chan) }),
            id if id < reserved::FIRST => Key::Machine,
            id if header.len() == 1 && types.get(id).desc.kind != Kind::Packed => Key::Value(id),
            id => Key::Elements(id),
        };
        add(&mut rows, key, bytes as u64);
    });
    for (ty, table) in maps {
        if let Some(bytes) = tables.remove(&table) {
            add(&mut rows, Key::Value(ty), bytes);
        }
    }
    // Those of iterations that have begun before their map grew.
    for bytes in tables.into_values() {
        add(&mut rows, Key::Machine, bytes);
    }
    rows
}

fn add(rows: &mut Rows, key: Key, bytes: u64) {
    let row = rows.entry(key).or_default();
    row.0 += 1;
    row.1 += bytes;
}
