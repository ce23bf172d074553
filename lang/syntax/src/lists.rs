//! Lists while their elements are parsed.
//!
//! The parser holds what it has read so far as values that it moves about for each reduction. So a list is only a place there: its
//! elements lie on a stack, one for each kind of element, above those of the lists around it, and become a list of the tree, of
//! just its length, when it is complete. What the parser's error recovery throws away stays above the lists that go on, until they grow.
//! When several lists of one kind are complete, the one that began last is taken first.

use crate::ast::*;
use crate::builder::Head;
use std::marker::PhantomData;
use std::ops::Range;

/// A list that may grow.
pub struct List<T> {
    from: u32,
    len: u32,
    of: PhantomData<fn() -> T>,
}

/// Something large that lies on the stack of its kind until it is put into a list or taken.
pub struct One<T> {
    at: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> List<T> {
        *self
    }
}
impl<T> Copy for List<T> {}

impl<T> Clone for One<T> {
    fn clone(&self) -> One<T> {
        *self
    }
}
impl<T> Copy for One<T> {}

impl<T> List<T> {
    fn range(self) -> Range<usize> {
        self.from as usize..(self.from + self.len) as usize
    }
}

/// What has a stack.
pub trait Listed: Sized {
    fn stack(lists: &mut Lists) -> &mut Vec<Self>;
}

/// What the parser holds of an element.
pub trait Item {
    type Is: Listed;
    fn element(self, lists: &mut Lists) -> Self::Is;
}

/// The list of what the parser holds as a `T`.
pub type ListOf<T> = List<<T as Item>::Is>;

impl<T: Listed + Copy> Item for T {
    type Is = T;
    fn element(self, _: &mut Lists) -> T {
        self
    }
}

impl<T: Listed> Item for One<T> {
    type Is = T;
    fn element(self, lists: &mut Lists) -> T {
        lists.take(self)
    }
}

macro_rules! stacks { ($($field:ident: $t:ty)*) => {
    /// The stacks; their memory serves one parse after the other.
    #[derive(Default)]
    pub struct Lists { $($field: Vec<$t>,)* }
    $(impl Listed for $t {
        fn stack(lists: &mut Lists) -> &mut Vec<$t> { &mut lists.$field }
    })*
    impl Lists {
        /// For another parse.
        pub fn begin(&mut self) { $(self.$field.clear();)* }
    }
} }

stacks! {
    exprs: ExprId
    stmts: StmtId
    params: Param
    heads: Head
    idents: Ident
    elems: Elem
    parts: InterpPart
    fields: Field
    members: IfaceElem
    imports: ImportSpec
    vars: VarSpec
    types: TypeSpec
    clauses: Clause
    loops: ForHeader
}

impl Lists {
    pub fn empty<T: Listed>(&mut self) -> List<T> {
        List { from: T::stack(self).len() as u32, len: 0, of: PhantomData }
    }

    pub fn one<T: Item>(&mut self, x: T) -> ListOf<T> {
        let x = x.element(self);
        let stack = T::Is::stack(self);
        stack.push(x);
        List { from: stack.len() as u32 - 1, len: 1, of: PhantomData }
    }

    pub fn add<T: Item>(&mut self, v: ListOf<T>, x: T) -> ListOf<T> {
        let x = x.element(self);
        let stack = T::Is::stack(self);
        stack.truncate(v.range().end);
        stack.push(x);
        debug_assert_eq!(stack.len(), v.range().end + 1, "a list began later and was taken before this one ended");
        List { len: v.len + 1, ..v }
    }

    /// The elements, to be looked at and changed.
    pub fn slice<T: Listed>(&mut self, v: List<T>) -> &mut [T] {
        &mut T::stack(self)[v.range()]
    }

    pub fn vec<T: Listed>(&mut self, v: List<T>) -> Vec<T> {
        let stack = T::stack(self);
        stack.truncate(v.range().end);
        stack.drain(v.range()).collect()
    }

    /// The list with an element before it.
    pub fn before<T: Listed>(&mut self, first: T, v: List<T>) -> List<T> {
        T::stack(self).insert(v.from as usize, first);
        List { len: v.len + 1, ..v }
    }

    pub fn ids(&mut self, v: List<ExprId>) -> Ids {
        let ids = Ids::from_slice(&self.exprs[v.range()]);
        self.exprs.truncate(v.from as usize);
        ids
    }

    pub fn idents(&mut self, v: List<Ident>) -> Idents {
        let names = Idents::from_slice(&self.idents[v.range()]);
        self.idents.truncate(v.from as usize);
        names
    }

    pub fn hold<T: Listed>(&mut self, x: T) -> One<T> {
        let stack = T::stack(self);
        stack.push(x);
        One { at: stack.len() as u32 - 1, of: PhantomData }
    }

    pub fn take<T: Listed>(&mut self, x: One<T>) -> T {
        let stack = T::stack(self);
        stack.truncate(x.at as usize + 1);
        stack.pop().expect("what is held lies on its stack")
    }
}
