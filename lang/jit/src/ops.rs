//! What is known of operations beside their effects: which are done here, where they go, and what kind of word they use.
use crate::plan::{behind, data};
use gol_bytecode::Op::{self, *};
use gol_bytecode::{Ins, Role};

/// Is it done in machine code? Everything else is left to the interpreter.
pub(crate) fn is_done(op: Op) -> bool {
    matches!(
        op,
        Nop | CutT
            | CopyMem
            | LdRegW
            | StRegW
            | FindS
            | LtS
            | LeS
            | PartS
            | PartB
            | ViewS
            | Mov
            | Mov3
            | MovN
            | LoadI
            | LoadK
            | ZeroN
            | LdG
            | StG
            | LdGN
            | StGN
            | LeaG
            | LdGSl
            | AddI
            | SubI
            | MulI
            | DivI
            | RemI
            | DivU
            | RemU
            | And
            | Or
            | Xor
            | AndNot
            | Shl
            | ShrI
            | ShrU
            | ChkShift
            | AddK
            | MulK
            | DivK
            | RemK
            | AndK
            | ShlK
            | ShrIK
            | ShrUK
            | NegI
            | Com
            | Not
            | Sext8
            | Sext16
            | Sext32
            | Zext8
            | Zext16
            | Zext32
            | AddF
            | SubF
            | MulF
            | DivF
            | NegF
            | MulAddF
            | MulSubF
            | AddF32
            | SubF32
            | MulF32
            | DivF32
            | NegF32
            | SqrtF
            | AbsF
            | FloorF
            | CeilF
            | TruncF
            | IToF
            | UToF
            | FToI
            | FToU
            | FToF32
            | F32ToF
            | IToF32
            | UToF32
            | EqW
            | NeW
            | LtI
            | LeI
            | LtU
            | LeU
            | EqF
            | NeF
            | LtF
            | LeF
            | EqS
            | LdW
            | LdN
            | LdSl
            | LdU8
            | LdI8
            | LdU16
            | LdI16
            | LdU32
            | LdI32
            | StW
            | StP
            | StN
            | StNP
            | St8
            | St16
            | St32
            | Lea
            | ChkNil
            | LdIdxW
            | LdIdxU8
            | LdIdxI8
            | LdIdxU16
            | LdIdxI16
            | LdIdxU32
            | LdIdxI32
            | LdIdxN
            | LdIdxSl
            | LdIdx2W
            | LdIdx2U8
            | StIdxW
            | StIdxP
            | StIdx8
            | StIdx16
            | StIdx32
            | StIdxN
            | LeaIdx
            | SliceS
            | AppendV
            | LdArrW
            | StArrW
            | LeaArr
            | ChkIdx
            | LenS
            | LdIdxS
            | Mov2
            | AddZ32
            | SubZ32
            | MulZ32
            | AddKZ32
            | ShlKZ32
            | AddKZ8
            | RotLK
            | RotLK32
            | MulAddI
            | MulKAddI
            | AddI3
            | AddIK
            | SubIK
            | MulFAddF
            | MulFAddF32
            | MulFSubF
            | MinI
            | MaxI
            | IncNz
            | IncZ
            | IncEqK
            | IncNeK
            | IncLtI
            | IncLeI
            | LdWW
            | IncM
            | AddM
            | AddMF
            | AddLdW
            | SubLdW
            | AddLdF
            | SubLdF
            | MulLdF
            | LdIdxKW
            | LdIdxKU8
            | LdIdxKS
            | LdFldIdxS
            | StIdxKW
            | AddIdx
            | AddIdxU8
            | AddIdxF
            | MulIdxF
            | MulAddIdxF
            | IncIdx
            | AddIdxM
            | AddIdxMF
            | LdIdxFld
            | StIdxFld
            | StIdx2W
            | LdIdxC
            | StIdxC
            | CpyIdxW
            | SwpIdxW
            | SwpIdx8
            | LdFldIdxW
            | LdFldIdxU8
            | StFldIdxW
            | StFldIdx8
            | AppFldV
            | LdGIdxW
            | LdGIdxU8
            | StGIdxW
            | StGIdx8
            | MulAddMF
            | MulSubMF
            | LdArrU8
            | LdArrU32
            | LdArrI32
            | StArr8
            | StArr32
            | LdArr2W
            | LdArr2U8
            | StArr2W
            | StArr28
    ) || branches(op) && op != MapNext
}

/// Is it a call that is done here?
pub(crate) fn calls(op: Op) -> bool {
    matches!(op, Call | CallMov | CallC | CallI)
}

/// Is it one of the done ones that end a block?
pub(crate) fn branches(op: Op) -> bool {
    calls(op)
        || matches!(op, Ret | Ret1 | RetN | RetK | MapNext)
        || matches!(
            op,
            Jmp | JmpB
                | Jnz
                | JnzB
                | Jz
                | JzB
                | JeqW
                | JeqWB
                | JneW
                | JneWB
                | JltI
                | JltIB
                | JleI
                | JleIB
                | JltU
                | JltUB
                | JleU
                | JleUB
                | JeqK
                | JeqKB
                | JneK
                | JneKB
                | JltK
                | JltKB
                | JleK
                | JleKB
                | JgtK
                | JgtKB
                | JgeK
                | JgeKB
                | JeqF
                | JeqFB
                | JneF
                | JneFB
                | JltF
                | JltFB
                | JleF
                | JleFB
                | JnltF
                | JnltFB
                | JnleF
                | JnleFB
                | AddKJltB
                | AddKJleB
                | AddJltB
                | AddJleB
                | JmpTab
                | JtstK
                | JtstKB
                | JntstK
                | JntstKB
                | JgeLenS
                | JgeLenSB
                | JltLenS
                | JltLenSB
                | JzM
                | JzMB
                | JnzM
                | JnzMB
                | JnzIdx8
                | JzIdx8
                | JnzGIdx8
                | JzGIdx8
                | JnzFldIdx8
                | JzFldIdx8
                | RangeStr
                | RangeStrB
                | JneType
                | JeqS
                | JneS
        )
}

/// May the handler of such a unit be replaced? Not where another one is put when a second goroutine is made (the `Alone` forms), nor where
/// reports look for mentions of package variables.
pub(crate) fn may_enter(op: Op) -> bool {
    !matches!(
        op,
        Call | CallMov
            | LdG
            | StG
            | LdGN
            | StGN
            | LeaG
            | LdGSl
            | LdSl
            | LdIdxSl
            | LdIdx2W
            | LdIdx2U8
            | StIdx2W
            | LdFldIdxW
            | LdFldIdxU8
            | StFldIdxW
            | StFldIdx8
            | LdGIdxW
            | LdGIdxU8
            | StGIdxW
            | StGIdx8
            | JnzGIdx8
            | JzGIdx8
            | JnzFldIdx8
            | JzFldIdx8
            | AppFldV
            | CutT
    )
}

/// Where an instruction goes.
#[derive(Default)]
pub(crate) struct Flow {
    /// What follows it in the code.
    pub next: Option<usize>,
    pub jumps: Vec<usize>,
}

impl Flow {
    pub fn all(&self) -> impl Iterator<Item = usize> + '_ {
        self.jumps.iter().copied().chain(self.next)
    }
}

pub(crate) fn flow(code: &[Ins], k: usize) -> Flow {
    let ins = code[k];
    let next = behind(code, k);
    let mut flow = Flow { next: (!ins.op.ends() && next < code.len()).then_some(next), jumps: Vec::new() };
    let to = |from: usize, off: i64| (from as i64 + off) as usize;
    let roles = ins.op.roles();
    if roles.contains(&Role::JJ) {
        flow.jumps.push(to(next, ins.cd() as i32 as i64));
    } else if roles.contains(&Role::J) {
        flow.jumps.push(to(next, ins.d as i16 as i64));
    } else if ins.op.data_roles().is_some_and(|r| r.contains(&Role::JJ)) {
        flow.jumps.push(to(next, data(code, k).ab() as i32 as i64));
    }
    match ins.op {
        JmpTab => {
            flow.jumps.extend((0..ins.b as usize).map(|n| k + 1 + n));
            flow.next = Some(k + 1 + ins.b as usize);
        }
        // The chosen case's jump.
        SelectWake => flow.jumps.extend((next..code.len()).take_while(|&n| code[n].op == Jmp)),
        _ => {}
    }
    flow
}

/// Registers that are more often operands of floating point than of anything that needs integers.
pub(crate) fn floats(code: &[Ins], regs: usize) -> Vec<bool> {
    let mut votes = vec![0i32; regs];
    for ins in code {
        let fields = [ins.a, ins.b, ins.c, ins.d];
        let f = float_fields(ins.op);
        for (n, role) in ins.op.roles().into_iter().enumerate() {
            let plain = match role {
                Role::W | Role::R | Role::M => true,
                Role::W3 | Role::R3 | Role::M3 => {
                    for r in fields[n]..fields[n] + 3 {
                        votes[r as usize] -= 1;
                    }
                    false
                }
                Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT => break,
                _ => false,
            };
            if plain {
                let v = &mut votes[fields[n] as usize];
                if f & (1 << n) != 0 {
                    *v += 1;
                } else if !neutral(ins.op, n) {
                    *v -= 1;
                }
            }
        }
    }
    votes.into_iter().map(|v| v > 0).collect()
}

/// Fields, as bits, that are float64.
fn float_fields(op: Op) -> u8 {
    match op {
        AddF | SubF | MulF | DivF | MulAddF | MulSubF => 0b111,
        MulFAddF | MulFSubF => 0b1111,
        NegF | SqrtF | AbsF | FloorF | CeilF | TruncF => 0b11,
        IToF | UToF | F32ToF => 0b1,
        FToI | FToU | FToF32 => 0b10,
        EqF | NeF | LtF | LeF => 0b110,
        JeqF | JeqFB | JneF | JneFB | JltF | JltFB | JleF | JleFB | JnltF | JnltFB | JnleF | JnleFB => 0b11,
        AddMF => 0b10,
        AddLdF | SubLdF | MulLdF | AddIdxF | MulIdxF | MulAddIdxF => 0b11,
        AddIdxMF => 0b100,
        MulAddMF | MulSubMF => 0b110,
        _ => 0,
    }
}

/// A word of any kind goes through the field.
fn neutral(op: Op, field: usize) -> bool {
    match op {
        Mov | Mov2 => true,
        LoadK | LdW | LdIdxW | LdG | LdArrW | LdWW | LdIdxKW | LdIdxFld | LdIdxC | LdIdx2W | LdFldIdxW | LdGIdxW
        | LdArr2W => field == 0,
        StG => field == 0,
        StW => field == 1,
        StIdxW | StArrW | StIdxKW | StIdxFld | StIdxC | StFldIdxW => field == 2,
        StIdx2W | StArr2W => field == 3,
        StGIdxW => field == 1,
        _ => false,
    }
}
