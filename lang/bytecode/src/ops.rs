//! The op table: every operation of the machine, its operands and its meaning, declared once.
//!
//! An instruction ([`Ins`]) is an op and four 16-bit fields `a b c d`. An op whose row says `+` is followed by one *data unit*
//! ([`Op::Data`]) whose fields are called `e f g h` here. Code positions count units; branch offsets are relative to the unit after the
//! branch instruction (the fall-through), counted in units. The loader expands units one to one, so offsets stay.
//!
//! Operand roles (the verifier, the disassembler and the tests read them):
//! `W R M` one register written, read, both; `W3 R3 M3` three consecutive ones (a slice); `W2` two;
//! `Ws Rs` as many as the count field (`N`) of the instruction says; `Wt Rt Mt` as many as words(type of the `T` field);
//! `I` signed immediate; `U` unsigned immediate; `N` count; `T` descriptor id (16 bits);
//! `J` branch offset, 16 bits; `JJ` offset of 32 bits in c (low) and d; `KK` constant, `FF` function, `GG` global word, `II` signed immediate,
//! `TT` descriptor id, each 32 bits in two fields; `A` call window (slot of the link; see ARCHITECTURE.md); `Z` unused; `X` described in the text.
//!
//! Names: `B` at the end of a branch: backward, polls for preemption. `I U F F32 S` operand kind: signed, unsigned,
//! float64, float32, string. All integer arithmetic is 64-bit and wraps; narrow types are normalised by a following `Sext*`/`Zext*`.

/// Calls the macro with the whole table.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
        // ---- moves and constants
        /// nothing
        Nop(Z Z Z Z);
        /// the second unit of a two-unit instruction; never executed
        Data(X X X X);
        /// a = b
        Mov(W R Z Z);
        /// a..a+3 = b..b+3 (as if through a temporary)
        Mov3(W3 R3 Z Z);
        /// c words from b to a, overlapping allowed
        MovN(Ws Rs N Z);
        /// a = imm32 sign-extended
        LoadI(W Z II Z);
        /// a = constant pool word
        LoadK(W Z KK Z);
        /// b words from a on are zeroed (b is the count)
        ZeroN(Ws N Z Z);
        // ---- globals (words of the global area)
        /// a = global word
        LdG(W Z GG Z);
        /// global word = a
        StG(R Z GG Z);
        /// b words: a.. = globals..
        LdGN(Ws N GG Z);
        /// b words: globals.. = a..
        StGN(Rs N GG Z);
        /// a.. = slice in global words; b: bytes between its elements. Whatever others store there meanwhile: it lies in one array
        LdGSl(W3 U GG Z);
        /// a = address of a global word
        LeaG(W Z GG Z);
        // ---- integers
        /// a = b + c
        AddI(W R R Z);
        /// a = b - c
        SubI(W R R Z);
        /// a = b * c
        MulI(W R R Z);
        /// a = b / c signed, truncated; c == 0 panics; MIN / -1 = MIN
        DivI(W R R Z);
        /// a = b % c signed; c == 0 panics; MIN % -1 = 0
        RemI(W R R Z);
        /// a = b / c unsigned; c == 0 panics
        DivU(W R R Z);
        /// a = b % c unsigned; c == 0 panics
        RemU(W R R Z);
        /// a = b & c
        And(W R R Z);
        /// a = b | c
        Or(W R R Z);
        /// a = b ^ c
        Xor(W R R Z);
        /// a = b &^ c
        AndNot(W R R Z);
        /// a = b << c (c unsigned; >= 64 gives 0)
        Shl(W R R Z);
        /// a = b >> c arithmetic (c unsigned; >= 64 gives the sign)
        ShrI(W R R Z);
        /// a = b >> c logical (c unsigned; >= 64 gives 0)
        ShrU(W R R Z);
        /// panics when a < 0 (signed shift count)
        ChkShift(R Z Z Z);
        /// a = b + imm
        AddK(W R I Z);
        /// a = b * imm
        MulK(W R I Z);
        /// a = b / imm signed, imm not 0 or -1
        DivK(W R I Z);
        /// a = b % imm signed, imm not 0 or -1
        RemK(W R I Z);
        /// a = b & imm (sign-extended)
        AndK(W R I Z);
        /// a = b << imm
        ShlK(W R U Z);
        /// a = b >> imm arithmetic
        ShrIK(W R U Z);
        /// a = b >> imm logical
        ShrUK(W R U Z);
        /// a = -b
        NegI(W R Z Z);
        /// a = ^b
        Com(W R Z Z);
        /// a = 1 - b (booleans)
        Not(W R Z Z);
        /// a = b sign-extended from 8 bits
        Sext8(W R Z Z);
        /// ... 16 bits
        Sext16(W R Z Z);
        /// ... 32 bits
        Sext32(W R Z Z);
        /// a = b zero-extended from 8 bits
        Zext8(W R Z Z);
        /// ... 16 bits
        Zext16(W R Z Z);
        /// ... 32 bits
        Zext32(W R Z Z);
        // ---- floats
        /// a = b + c
        AddF(W R R Z);
        /// a = b - c
        SubF(W R R Z);
        /// a = b * c
        MulF(W R R Z);
        /// a = b / c
        DivF(W R R Z);
        /// a = -b
        NegF(W R Z Z);
        /// a += b * c, rounded twice
        MulAddF(M R R Z);
        /// a -= b * c, rounded twice
        MulSubF(M R R Z);
        /// float32: a = b + c
        AddF32(W R R Z);
        /// float32: a = b - c
        SubF32(W R R Z);
        /// float32: a = b * c
        MulF32(W R R Z);
        /// float32: a = b / c
        DivF32(W R R Z);
        /// float32: a = -b
        NegF32(W R Z Z);
        /// a = sqrt(b)
        SqrtF(W R Z Z);
        /// a = |b|
        AbsF(W R Z Z);
        /// a = floor(b)
        FloorF(W R Z Z);
        /// a = ceil(b)
        CeilF(W R Z Z);
        /// a = trunc(b)
        TruncF(W R Z Z);
        // ---- conversions (Go on amd64: out of range gives 0x8000000000000000)
        /// int64 to float64
        IToF(W R Z Z);
        /// uint64 to float64
        UToF(W R Z Z);
        /// float64 to int64, truncated
        FToI(W R Z Z);
        /// float64 to uint64, truncated
        FToU(W R Z Z);
        /// float64 to float32
        FToF32(W R Z Z);
        /// float32 to float64
        F32ToF(W R Z Z);
        /// int64 to float32
        IToF32(W R Z Z);
        /// uint64 to float32
        UToF32(W R Z Z);
        // ---- comparisons giving 0 or 1
        /// a = b == c (one word: integers, bools, pointers, channels, canonical words)
        EqW(W R R Z);
        /// a = b != c
        NeW(W R R Z);
        /// a = b < c signed
        LtI(W R R Z);
        /// a = b <= c signed
        LeI(W R R Z);
        /// a = b < c unsigned
        LtU(W R R Z);
        /// a = b <= c unsigned
        LeU(W R R Z);
        /// float64 ==
        EqF(W R R Z);
        /// float64 !=
        NeF(W R R Z);
        /// float64 <
        LtF(W R R Z);
        /// float64 <=
        LeF(W R R Z);
        /// string ==
        EqS(W R R Z);
        /// string <
        LtS(W R R Z);
        /// string <=
        LeS(W R R Z);
        /// interface == interface; panics on uncomparable dynamic types
        EqIface(W R R Z);
        /// a = b.. == c.. as values of type d (arrays, structs, anything comparable); panics on uncomparable interface content
        EqT(W Rt Rt T);
        // ---- branches
        /// pc += off
        Jmp(Z Z JJ Z);
        /// backward
        JmpB(Z Z JJ Z);
        /// if a != 0
        Jnz(R Z JJ Z);
        /// backward
        JnzB(R Z JJ Z);
        /// if a == 0
        Jz(R Z JJ Z);
        /// backward
        JzB(R Z JJ Z);
        /// if a == b
        JeqW(R R JJ Z);
        /// backward
        JeqWB(R R JJ Z);
        /// if a != b
        JneW(R R JJ Z);
        /// backward
        JneWB(R R JJ Z);
        /// if a < b signed
        JltI(R R JJ Z);
        /// backward
        JltIB(R R JJ Z);
        /// if a <= b signed
        JleI(R R JJ Z);
        /// backward
        JleIB(R R JJ Z);
        /// if a < b unsigned
        JltU(R R JJ Z);
        /// backward
        JltUB(R R JJ Z);
        /// if a <= b unsigned
        JleU(R R JJ Z);
        /// backward
        JleUB(R R JJ Z);
        /// if a == imm
        JeqK(R I JJ Z);
        /// backward
        JeqKB(R I JJ Z);
        /// if a != imm
        JneK(R I JJ Z);
        /// backward
        JneKB(R I JJ Z);
        /// if a < imm signed
        JltK(R I JJ Z);
        /// backward
        JltKB(R I JJ Z);
        /// if a <= imm signed
        JleK(R I JJ Z);
        /// backward
        JleKB(R I JJ Z);
        /// if a > imm signed
        JgtK(R I JJ Z);
        /// backward
        JgtKB(R I JJ Z);
        /// if a >= imm signed
        JgeK(R I JJ Z);
        /// backward
        JgeKB(R I JJ Z);
        /// float64: if a == b
        JeqF(R R JJ Z);
        /// backward
        JeqFB(R R JJ Z);
        /// float64: if a != b
        JneF(R R JJ Z);
        /// backward
        JneFB(R R JJ Z);
        /// float64: if a < b
        JltF(R R JJ Z);
        /// backward
        JltFB(R R JJ Z);
        /// float64: if a <= b
        JleF(R R JJ Z);
        /// backward
        JleFB(R R JJ Z);
        /// float64: if not a < b (also for NaN)
        JnltF(R R JJ Z);
        /// backward
        JnltFB(R R JJ Z);
        /// float64: if not a <= b (also for NaN)
        JnleF(R R JJ Z);
        /// backward
        JnleFB(R R JJ Z);
        /// string: if a == b
        JeqS(R R JJ Z);
        /// string: if a != b
        JneS(R R JJ Z);
        /// a += imm c; if a < b then jump d (backward, polls): the bottom of counting loops
        AddKJltB(M R I J);
        /// a += imm c; if a <= b then jump d (backward, polls)
        AddKJleB(M R I J);
        /// a += b; if a < c then jump d (backward, polls)
        AddJltB(M R R J);
        /// a += b; if a <= c then jump d (backward, polls)
        AddJleB(M R R J);
        /// jump table: if a - imm c < b (unsigned; b is a count) then that one of the b `Jmp` instructions that follow is done at once; else falls behind them
        JmpTab(R N I Z);
        // ---- memory through a pointer: b (load) or a (store) is an address, c a word offset; nil (0) panics
        /// a = word at b + 8c
        LdW(W R U Z);
        /// d words
        LdN(Ws R U N);
        /// slice of d bytes between elements; whatever others store there meanwhile: it lies in one array
        LdSl(W3 R U U);
        /// zero-extended byte
        LdU8(W R U Z);
        /// sign-extended byte
        LdI8(W R U Z);
        /// 16 bits
        LdU16(W R U Z);
        /// 16 bits
        LdI16(W R U Z);
        /// 32 bits (uint32, float32)
        LdU32(W R U Z);
        /// 32 bits
        LdI32(W R U Z);
        /// word at a + 8c = b (no reference)
        StW(R R U Z);
        /// the same, the word is a reference (barrier hook)
        StP(R R U Z);
        /// d words from b on to a + 8c, no references
        StN(R Rs U N);
        /// d words, may hold references (barrier hook)
        StNP(R Rs U N);
        /// low 8 bits of b
        St8(R R U Z);
        /// low 16 bits of b
        St16(R R U Z);
        /// low 32 bits of b
        St32(R R U Z);
        /// a = address b + 8c; nil panics
        Lea(W R U Z);
        /// panics when a is nil
        ChkNil(R Z Z Z);
        /// copy g|h<<16 (32 bits, in the data unit: e low f high) words from address b to address a; both nil-checked
        CopyMem(R R Z Z) +(U U Z Z);
        // ---- slices: three registers address, len, cap
        /// a = word element c of slice b; out of range panics
        LdIdxW(W R3 R Z);
        /// packed uint8 / bool
        LdIdxU8(W R3 R Z);
        /// packed int8
        LdIdxI8(W R3 R Z);
        /// packed uint16
        LdIdxU16(W R3 R Z);
        /// packed int16
        LdIdxI16(W R3 R Z);
        /// packed uint32, float32
        LdIdxU32(W R3 R Z);
        /// packed int32
        LdIdxI32(W R3 R Z);
        /// a.. = element of d words
        LdIdxN(Ws R3 R N);
        /// a.. = element of three words, a slice of d bytes between elements; whatever others store there meanwhile: it lies in one array
        LdIdxSl(W3 R3 R U);
        /// a = word element d of the slice that is element c of slice b; either out of range panics
        LdIdx2W(W R3 R R);
        /// the same, packed uint8 / bool
        LdIdx2U8(W R3 R R);
        /// element b of slice a = c (no reference)
        StIdxW(R3 R R Z);
        /// a reference (barrier hook)
        StIdxP(R3 R R Z);
        /// packed 8 bits
        StIdx8(R3 R R Z);
        /// packed 16 bits
        StIdx16(R3 R R Z);
        /// packed 32 bits
        StIdx32(R3 R R Z);
        /// element b of slice a = c.. (d words; may hold references)
        StIdxN(R3 R Rs N);
        /// a = address of element c of slice b; d: stride in bytes
        LeaIdx(W R3 R U);
        /// a.. = slice b[c : c+1 : c+2]; d: bit 0 high given, bit 1 max given, bit 2 low given (registers c, c+1, c+2 otherwise ignored); e|f<<16: stride
        SliceS(W3 R3 X X) +(U U Z Z);
        /// a = string b[c : c+1]; d as above
        SliceStr(W R X X);
        /// the same without an object of its own: it lies in a+1 and a+2, for the instructions behind this one that only read the string, as long as
        /// nothing is called
        PartS(W3 R X X);
        /// a = string([]byte b) in this way
        PartB(W3 R3 Z Z);
        /// a.. = []byte(string b) without a copy, for instructions that only read it, as long as b lies in its register
        ViewS(W3 R Z Z);
        /// a.. = slice of the array at address b; c, d as above; e|f<<16: stride; g|h<<16: array length; nil panics
        SliceArr(W3 R X X) +(U U U U);
        /// a.. (slice, in and out) = append(a, one element at c..), where b more are going to follow; T: the *slice's backing* descriptor
        AppendV(M3 U Rs T);
        /// a.. = append(a..., slice b...); d: backing descriptor
        AppendS(M3 R3 Z T);
        /// a.. = append(a []byte, string b...); d: backing descriptor
        AppendStr(M3 R Z T);
        /// a.. = append(a []byte, string(rune b)...); d: backing descriptor
        AppendRune(M3 R Z T);
        /// a = copy(slice b, slice c); d: backing descriptor
        CopyS(W R3 R3 T);
        /// a = copy(slice b, string c)
        CopyStr(W R3 R Z);
        /// a.. = make([]T, b, c); d: backing descriptor; panics as Go
        MakeSlice(W3 R R T);
        /// elements b and c of a slice change places; a..: its address, its length, bytes between its elements
        SwpElem(R3 R R Z);
        /// set all elements of slice a to zero; d: backing descriptor
        ClearS(R3 Z Z T);
        /// cuts the slices in the value a.. of type d, read from memory that others may write, to the arrays that they lie in
        CutT(X Z Z T);
        // ---- arrays in memory: b is the address of the array, d its length (16 bits; longer arrays go through SliceArr)
        /// a = word element c; out of range or nil panics
        LdArrW(W R R U);
        /// element b of array at a = c
        StArrW(R R R U);
        /// a = address of element; e|f<<16: stride
        LeaArr(W R R U) +(U U Z Z);
        /// arrays in registers: a = register b + c*1 (word elements), index c < d
        LdRegW(W X R U);
        /// register a + b = c, index b < d
        StRegW(X R R U);
        /// panics when index a is not below g|h... : e|f<<16 length
        ChkIdx(R Z Z Z) +(U U Z Z);
        // ---- strings
        /// a = len(string b)
        LenS(W R Z Z);
        /// a = byte c of string b
        LdIdxS(W R R Z);
        /// a = which of the texts in a constant string b is, counted from 0; how many there are when it is none
        FindS(W R KK Z);
        /// a = concatenation of the c strings from b on
        Concat(W Rs N Z);
        /// a.. = []byte(string b); d: backing descriptor
        StrToBytes(W3 R Z T);
        /// a = string([]byte b)
        BytesToStr(W R3 Z Z);
        /// a.. = []rune(string b); d: backing descriptor
        StrToRunes(W3 R Z T);
        /// a = string([]rune b)
        RunesToStr(W R3 Z Z);
        /// a = string(rune b)
        RuneToStr(W R Z Z);
        /// string range: if index b >= len(string a) jump JJ (e,f); else c = rune at b, c+1 = index behind it
        RangeStr(R R W2 Z) +(JJ Z Z Z);
        /// backward: if index b < len(string a), the same and jump JJ
        RangeStrB(R R W2 Z) +(JJ Z Z Z);
        // ---- allocation and closures
        /// a = address of a new zeroed object of one element of type
        New(W Z TT Z);
        /// a = new array object of length e|f<<16 with backing descriptor TT (arrays whose address is taken, packed ones too)
        NewArr(W Z TT Z) +(U U Z Z);
        /// a = closure of function FF (c,d) with the e captured words from b on
        MkClosure(W X FF Z) +(N Z Z Z);
        // ---- calls
        /// call function FF with window a
        Call(A Z FF Z) +(X X X X);
        /// call closure b (nil panics) with window a; c: words of parameters (closure goes to callee register c)
        CallC(A R U Z) +(X X X X);
        /// interface method call: receiver interface b (nil panics), window a; c: words of parameters after the receiver's one word; d: method id.
        /// The receiver word is put into callee register 0; arguments follow from register 1.
        CallI(A R U U) +(X X X X);
        /// call leaf or blocking native (c,d: native id) with window a; b: words of arguments
        CallN(A U KK Z);
        /// call a native that may call back, or park
        CallNC(A U KK Z) +(X X X X);
        /// a = native (number in e,f) of the arguments that lie at b, c, d; g: how many words each has (`in_place::shape`)
        CallD(W X X X) +(KK Z X Z);
        /// the same with two words of results
        CallD2(W2 X X X) +(KK Z X Z);
        /// return without results
        Ret(Z Z Z Z);
        /// register 0 = a, return
        Ret1(R Z Z Z);
        /// registers 0.. = b words from a on, return
        RetN(Rs N Z Z);
        /// new goroutine: function FF, arguments a.. (b words)
        Go(Rs N FF Z);
        /// new goroutine: b words from a on, the arguments and behind them the closure
        GoC(Rs N Z Z);
        /// defer closure a (no parameters, no results)
        Defer(R Z Z Z);
        /// run this frame's deferred closures, last first, with window a; falls through when none is left
        RunDefers(A Z Z Z) +(X X X X);
        /// a = recover() as an interface
        Recover(W Z Z Z);
        /// panic with interface a
        Panic(R Z Z Z);
        /// run-time failure that the compiler knows: a = 0 missing return (cannot happen), 1 nil dereference, 2 nil map write, 3 division by zero
        Trap(X Z Z Z);
        // ---- interfaces
        /// a = interface of the value b.. of type TT
        MkIface(W X TT Z);
        /// a.. = value of type TT in interface b; panics when it is not; e|f<<16: descriptor of the static interface type (for the message)
        Assert(X R TT Z) +(U U Z Z);
        /// a.. = value or zero, then one word ok
        AssertOk(X R TT Z);
        /// a = interface b, which must implement interface type TT; e|f as above
        AssertI(W R TT Z) +(U U Z Z);
        /// a = interface b or nil, a+1 = ok
        AssertIOk(W2 R TT Z);
        /// if the dynamic type of interface a is not descriptor b (16 bits) jump
        JneType(R T JJ Z);
        /// a = 1 when the dynamic type of b implements interface type TT
        Implements(W R TT Z);
        // ---- maps; d: descriptor of the map type
        /// a = make(map, hint b)
        MakeMap(W R Z T);
        /// a.. = m[b] with key words c.. , zero when missing
        MapGet(X R X T);
        /// the same, then one word ok
        MapGetOk(X R X T);
        /// m[a][key b..] = c..; nil map panics
        MapSet(R X X T);
        /// delete(a, key b..)
        MapDel(R X Z T);
        /// a = len(map b)
        MapLen(W R Z Z);
        /// clear(map a)
        MapClear(R Z Z T);
        /// a = iterator over map b (random start)
        MapIter(W R Z T);
        /// next entry of iterator a: key to b.., value to c.. (register 65535: not wanted); at the end jump JJ (e,f)
        MapNext(R X X T) +(JJ Z Z Z);
        // ---- channels; d: descriptor of the channel type
        /// a = make(chan, size b)
        MakeChan(W R Z T);
        /// send value b.. on channel a; parks at the second instruction `SendWake`, which is skipped when nothing parked
        Send(R Rs N Z);
        /// after a wake-up of Send: panics when the channel was closed
        SendWake(Z Z Z Z);
        /// a.. (c words) = receive from b
        Recv(Ws R N Z);
        /// a.. (c words) = receive from b, d = ok; followed by RecvWake, skipped when nothing parked
        RecvOk(Ws R N W);
        /// after a wake-up of RecvOk: a = ok
        RecvWake(W Z Z Z);
        /// close(a)
        Close(R Z Z Z);
        /// a = len(chan b)
        ChanLen(W R Z Z);
        /// a = cap(chan b)
        ChanCap(W R Z Z);
        /// select: a: first of the case registers (per case: channel, then nothing else), b: first of 5*c waiter words, c: number of cases, d: bit 0 default.
        /// c data units follow, one a case: e: direction (0 receive, 1 send), f: register of the value (65535 none), g: register of ok (65535 none), h: unused.
        /// Then comes SelectWake, then c (+1 with default) `Jmp` instructions: the chosen case's is executed.
        Select(X X N X);
        /// after a wake-up of Select: a b c as there; finishes and goes on at the chosen case's Jmp behind it
        SelectWake(X X N X);
        // ---- several in one: what neighbouring instructions do, found by the compiler's last pass
        /// a = b, then c = d
        Mov2(W R W R);
        /// a = the low 32 bits of b + c, zero-extended
        AddZ32(W R R Z);
        /// ... b - c
        SubZ32(W R R Z);
        /// ... b * c
        MulZ32(W R R Z);
        /// ... b + imm
        AddKZ32(W R I Z);
        /// ... b << imm
        ShlKZ32(W R U Z);
        /// a = the low 8 bits of b + imm, zero-extended
        AddKZ8(W R I Z);
        /// a = b rotated left by imm bits
        RotLK(W R U Z);
        /// a = b (32 bits, zero-extended) rotated left by imm bits
        RotLK32(W R U Z);
        /// a = b * c + d
        MulAddI(W R R R);
        /// a = b * imm + c
        MulKAddI(W R R I);
        /// a = b + c + d
        AddI3(W R R R);
        /// a = b + c + imm
        AddIK(W R R I);
        /// a = b - c + imm
        SubIK(W R R I);
        /// a = b * c + d, rounded twice
        MulFAddF(W R R R);
        /// float32: a = b * c + d, rounded twice
        MulFAddF32(W R R R);
        /// a = b * c - d, rounded twice
        MulFSubF(W R R R);
        /// a = the smaller of b and c, signed
        MinI(W R R Z);
        /// a = the larger of b and c, signed
        MaxI(W R R Z);
        /// if b != 0, a += imm
        IncNz(M R I Z);
        /// if b == 0, a += imm
        IncZ(M R I Z);
        /// if b == c, a += d
        IncEqK(M R I I);
        /// if b != c, a += d
        IncNeK(M R I I);
        /// if b < c signed, a += d
        IncLtI(M R R I);
        /// if b <= c signed, a += d
        IncLeI(M R R I);
        /// if a & imm != 0
        JtstK(R I JJ Z);
        /// backward
        JtstKB(R I JJ Z);
        /// if a & imm == 0
        JntstK(R I JJ Z);
        /// backward
        JntstKB(R I JJ Z);
        /// if a >= len(string b) signed
        JgeLenS(R R JJ Z);
        /// backward
        JgeLenSB(R R JJ Z);
        /// if a < len(string b) signed
        JltLenS(R R JJ Z);
        /// backward
        JltLenSB(R R JJ Z);
        /// if the word at a + 8b is 0; nil panics
        JzM(R U JJ Z);
        /// backward
        JzMB(R U JJ Z);
        /// if the word at a + 8b is not 0; nil panics
        JnzM(R U JJ Z);
        /// backward
        JnzMB(R U JJ Z);
        /// a = word at (word at b + 8c) + 8d
        LdWW(W R U U);
        /// word at a + 8c += imm b
        IncM(R I U Z);
        /// word at a + 8c += b
        AddM(R R U Z);
        /// float64 at a + 8c += b
        AddMF(R R U Z);
        /// a = b + word at c + 8d
        AddLdW(W R R U);
        /// a = b - word at c + 8d
        SubLdW(W R R U);
        /// float64: a = b + word at c + 8d
        AddLdF(W R R U);
        /// float64: a = b - word at c + 8d
        SubLdF(W R R U);
        /// float64: a = b * word at c + 8d
        MulLdF(W R R U);
        /// a = word element c + imm of slice b
        LdIdxKW(W R3 R I);
        /// a = byte element (uint8, bool) c + imm of slice b
        LdIdxKU8(W R3 R I);
        /// a = byte c + imm of string b
        LdIdxKS(W R R I);
        /// a = byte of the string at word c behind address b, its index is word d there
        LdFldIdxS(W R U U);
        /// element b + imm of slice a = c (no reference)
        StIdxKW(R3 R R I);
        /// a = b + word element d of slice c
        AddIdx(W R R3 R);
        /// a = b + byte element (uint8, bool) d of slice c
        AddIdxU8(W R R3 R);
        /// float64: a = b + element d of slice c
        AddIdxF(W R R3 R);
        /// float64: a = b * element d of slice c
        MulIdxF(W R R3 R);
        /// float64: a += b * element d of slice c, rounded twice
        MulAddIdxF(M R R3 R);
        /// element b of slice a += imm
        IncIdx(R3 R I Z);
        /// element b of slice a += c
        AddIdxM(R3 R R Z);
        /// float64 element b of slice a += c
        AddIdxMF(R3 R R Z);
        /// a = word e of element c of slice b, d: words of an element * 256 + e
        LdIdxFld(W R3 R X);
        /// word e of element b of slice a = c (no reference); d as above
        StIdxFld(R3 R R X);
        /// element c of the slice that is element b of slice a = d (no reference)
        StIdx2W(R3 R R R);
        /// a = word element (constant) c of slice b
        LdIdxC(W R3 U Z);
        /// element (constant) b of slice a = c (no reference)
        StIdxC(R3 U R Z);
        /// if byte element b of slice a is not 0
        JnzIdx8(R3 R Z Z) +(JJ Z Z Z);
        /// if byte element b of slice a is 0
        JzIdx8(R3 R Z Z) +(JJ Z Z Z);
        /// if byte element a of the slice in global words is not 0
        JnzGIdx8(R Z GG Z) +(JJ Z Z Z);
        /// if byte element a of the slice in global words is 0
        JzGIdx8(R Z GG Z) +(JJ Z Z Z);
        /// if byte element b of the slice at word c behind address a is not 0
        JnzFldIdx8(R R U Z) +(JJ Z Z Z);
        /// if byte element b of the slice at word c behind address a is 0
        JzFldIdx8(R R U Z) +(JJ Z Z Z);
        /// word element b of slice a = word element d of slice c (no reference)
        CpyIdxW(R3 R R3 R);
        /// word elements b of slice a and d of slice c change places (no references)
        SwpIdxW(R3 R R3 R);
        /// the same of packed uint8
        SwpIdx8(R3 R R3 R);
        /// a = word element c of the slice at word d behind address b
        LdFldIdxW(W R R U);
        /// the same, packed uint8 / bool
        LdFldIdxU8(W R R U);
        /// element b of the slice at word d behind address a = c (no reference)
        StFldIdxW(R R R U);
        /// the same, packed 8 bits
        StFldIdx8(R R R U);
        /// slice at word b behind address a = append(that, element c of one register); T: backing descriptor
        AppFldV(R U R T);
        /// slice at word b behind address a = append(that, slice c...); T: backing descriptor
        AppFldS(R U R3 T);
        /// []byte at word b behind address a = append(that, string c...); T: backing descriptor
        AppFldStr(R U R T);
        /// a = word element b of the slice in global words
        LdGIdxW(W R GG Z);
        /// the same, packed uint8 / bool
        LdGIdxU8(W R GG Z);
        /// element a of the slice in global words = b (no reference)
        StGIdxW(R R GG Z);
        /// the same, packed 8 bits
        StGIdx8(R R GG Z);
        /// float64 at a + 8d += b * c, rounded twice
        MulAddMF(R R R U);
        /// float64 at a + 8d -= b * c, rounded twice
        MulSubMF(R R R U);
        /// as LdArrW, packed uint8 / bool
        LdArrU8(W R R U);
        /// packed uint32, float32
        LdArrU32(W R R U);
        /// packed int32
        LdArrI32(W R R U);
        /// as StArrW, packed 8 bits
        StArr8(R R R U);
        /// packed 32 bits
        StArr32(R R R U);
        /// a = word element d of the array that is element c of the array at b; e, g: lengths, f: stride of the outer one
        LdArr2W(W R R R) +(U U U Z);
        /// the same, packed uint8 / bool
        LdArr2U8(W R R R) +(U U U Z);
        /// element c of the array that is element b of the array at a = d; e f g as above
        StArr2W(R R R R) +(U U U Z);
        /// the same, packed 8 bits
        StArr28(R R R R) +(U U U Z);
        /// register 0 = imm, return
        RetK(Z Z II Z);
        /// g = f, then call function FF with window a
        CallMov(A Z FF Z) +(X R W X);
        // ---- program ends
        /// the bottom of a goroutine: its first function returned here
        GoExit(Z Z Z Z);
        /// return point of a deferred closure run by a panic
        PanicNext(Z Z Z Z);
        /// return point of a gol function called by a native
        NativeRet(Z Z Z Z);
        }
    };
}

macro_rules! define {
    ($($(#[doc = $doc:literal])+ $name:ident($a:ident $b:ident $c:ident $d:ident) $(+($e:ident $f:ident $g:ident $h:ident))?;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Op { $($(#[doc = $doc])+ $name,)* }
        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];
            pub fn name(self) -> &'static str { match self { $(Op::$name => stringify!($name),)* } }
            /// One line of meaning, from the table.
            pub fn doc(self) -> &'static str { match self { $(Op::$name => concat!($($doc),+),)* } }
            /// Roles of a b c d.
            pub const fn roles(self) -> [Role; 4] { match self { $(Op::$name => [Role::$a, Role::$b, Role::$c, Role::$d],)* } }
            /// Roles of the data unit's fields, for two-unit instructions.
            pub fn data_roles(self) -> Option<[Role; 4]> { match self { $(Op::$name => define!(@ $($e $f $g $h)?),)* } }
        }
    };
    (@) => { None };
    (@ $e:ident $f:ident $g:ident $h:ident) => { Some([Role::$e, Role::$f, Role::$g, Role::$h]) };
}

/// What an operand field means; see the module's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Z,
    W,
    R,
    M,
    W2,
    W3,
    R3,
    M3,
    Ws,
    Rs,
    Rt,
    I,
    U,
    N,
    T,
    J,
    JJ,
    KK,
    FF,
    GG,
    II,
    TT,
    A,
    X,
}

for_each_op!(define);

impl Op {
    /// Control never goes on behind it.
    pub fn ends(self) -> bool {
        matches!(
            self,
            Op::Jmp | Op::JmpB | Op::Ret | Op::Ret1 | Op::RetN | Op::RetK | Op::Panic | Op::Trap | Op::GoExit
        )
    }
}

/// One unit of code: an op and four fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ins {
    pub op: Op,
    pub a: u16,
    pub b: u16,
    pub c: u16,
    pub d: u16,
}

impl Ins {
    pub fn new(op: Op, a: u16, b: u16, c: u16, d: u16) -> Ins {
        Ins { op, a, b, c, d }
    }
    /// Fields c and d hold a 32-bit operand.
    pub fn wide(op: Op, a: u16, b: u16, cd: u32) -> Ins {
        Ins { op, a, b, c: cd as u16, d: (cd >> 16) as u16 }
    }
    /// The same instruction: as `==`, but the fields are compared at once.
    #[inline]
    pub fn is(self, other: Ins) -> bool {
        let fields = |i: Ins| i.a as u64 | (i.b as u64) << 16 | (i.c as u64) << 32 | (i.d as u64) << 48;
        self.op == other.op && fields(self) == fields(other)
    }
    /// The 32-bit operand of c and d.
    pub fn cd(self) -> u32 {
        self.c as u32 | (self.d as u32) << 16
    }
    /// The 32-bit operand of a and b: e and f of a data unit.
    pub fn ab(self) -> u32 {
        self.a as u32 | (self.b as u32) << 16
    }
}
