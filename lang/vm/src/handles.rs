//! Handles and safepoints: why no reference into the heap lives while something may be collected. Only text and examples, which
//! are tests: each refused program has a twin that is taken.
//!
//! What other machines do with two kinds of handles, [`Cx`](crate::Cx) does with borrows and slots:
//! - A *local* handle, good until the next safepoint, is a borrow of the `Cx`: the bytes of a string, the elements of a slice, the
//!   payload of an interface. Safepoints ([`Cx::blocking`](crate::Cx::blocking), [`Cx::blocking_long`](crate::Cx::blocking_long),
//!   [`Cx::input`](crate::Cx::input), [`Cx::dump`](crate::Cx::dump), [`CallCx::call`](crate::CallCx::call),
//!   [`CallCx::call_method`](crate::CallCx::call_method)) take `&mut self`, so a program that holds such a borrow over one is refused.
//! - A *global* handle, good for the whole call, is a slot of the window: the collector scans it. What a native keeps over a
//!   safepoint is put there as a word and borrowed again behind it. A slot's index is a plain number.
//!
//! Words are numbers: holding one over a safepoint without a slot is not refused, and without `unsafe` only a `Cx` makes a reference of it. On
//! a coroutine even such a word is found, for its stack is scanned.
//!
//! # Blocking
//!
//! Copies live across it, and words that lie in slots are borrowed again:
//! ```
//! # use gol_vm::{Cx, Fault};
//! fn write(cx: &mut Cx) -> Result<(), Fault> {
//!     let text = cx.arg_str(0).to_vec();
//!     let written = cx.blocking(move || text.len());
//!     let again = cx.arg_str(0).len();
//!     cx.set_bool(0, written == again);
//!     Ok(())
//! }
//! ```
//! The bytes of a string, held over it or used in it:
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn write(cx: &mut Cx) -> Result<(), Fault> {
//!     let text = cx.arg_str(0);
//!     cx.blocking(|| ());
//!     assert!(text.is_empty());
//!     Ok(())
//! }
//! ```
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn write(cx: &mut Cx) -> Result<(), Fault> {
//!     let text = cx.str_bytes(cx.arg(0));
//!     let n = cx.blocking(|| text.len());
//!     cx.set_i64(0, n as i64);
//!     Ok(())
//! }
//! ```
//! The elements of a slice, to read or to write:
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn read(cx: &mut Cx) -> Result<(), Fault> {
//!     let words = cx.arg_words(0);
//!     cx.blocking_long(|| ());
//!     assert!(words.is_empty());
//!     Ok(())
//! }
//! ```
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn read(cx: &mut Cx) -> Result<(), Fault> {
//!     let buffer = unsafe { cx.arg_bytes_mut(0) };
//!     cx.blocking(|| buffer.fill(0));
//!     Ok(())
//! }
//! ```
//! The payload of an interface:
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn show(cx: &mut Cx) -> Result<(), Fault> {
//!     let value = cx.iface(cx.arg(0));
//!     cx.blocking(|| ());
//!     assert!(value.is_none());
//!     Ok(())
//! }
//! ```
//! Nor does `f` get at gol memory through the `Cx`:
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn make(cx: &mut Cx) -> Result<(), Fault> {
//!     cx.blocking(|| cx.arg_str(0).len());
//!     Ok(())
//! }
//! ```
//! Allocation is no safepoint, so borrows go on over it:
//! ```
//! # use gol_vm::{Cx, Fault};
//! fn twice(cx: &mut Cx) -> Result<(), Fault> {
//!     let (text, words) = (cx.arg_str(0), cx.arg_words(1));
//!     cx.new_slice(cx.known().bytes, 100)?;
//!     let value = cx.iface(cx.arg(4));
//!     let all = [text, text].concat();
//!     cx.new_bytes(&all)?;
//!     cx.set_bool(5, words.is_empty() && value.is_none());
//!     cx.set_str(0, &all)
//! }
//! ```
//! And no borrow leaves the call:
//! ```compile_fail
//! # use gol_vm::{Cx, Fault, Native, NativeFn};
//! # use std::cell::Cell;
//! thread_local! { static LAST: Cell<&'static [u8]> = const { Cell::new(&[]) } }
//! fn keep(cx: &mut Cx) -> Result<(), Fault> {
//!     LAST.set(cx.arg_str(0));
//!     Ok(())
//! }
//! ```
//! ```
//! # use gol_vm::{Cx, Fault, Native, NativeFn};
//! # use std::cell::Cell;
//! thread_local! { static LAST: Cell<&'static [u8]> = const { Cell::new(&[]) } }
//! fn keep(cx: &mut Cx) -> Result<(), Fault> {
//!     LAST.set(if cx.arg_str(0).is_empty() { b"empty" } else { b"full" });
//!     Ok(())
//! }
//! ```
//! # Answers of the outside
//!
//! What [`Cx::input`](crate::Cx::input) asks may block:
//! ```compile_fail,E0502
//! # use gol_vm::{Cx, Fault};
//! fn read(cx: &mut Cx) -> Result<(), Fault> {
//!     let name = cx.arg_str(0);
//!     cx.input(gol_runtime::Input::Read, |_| name.to_vec())?;
//!     Ok(())
//! }
//! ```
//! ```
//! # use gol_vm::{Cx, Fault};
//! fn read(cx: &mut Cx) -> Result<(), Fault> {
//!     cx.input(gol_runtime::Input::Read, |cx| cx.arg_str(0).to_vec())?;
//!     Ok(())
//! }
//! ```
//! # Calls back
//!
//! What the native still needs lies in a slot, and is borrowed again afterwards:
//! ```
//! # use gol_vm::{CallCx, Fault};
//! fn each(cx: &mut CallCx) -> Result<(), Fault> {
//!     cx.call(cx.arg(1), &[], &mut [])?;
//!     let made = cx.new_str(b"made here")?;
//!     cx.set(1, made);
//!     let mut result = [0];
//!     cx.call(cx.arg(2), &[made], &mut result)?;
//!     let joined = [cx.arg_str(0), cx.arg_str(1), cx.str_bytes(result[0])].concat();
//!     cx.set_str(0, &joined)
//! }
//! ```
//! The bytes of a string, the elements of a slice, the payload of an interface, held over it:
//! ```compile_fail,E0502
//! # use gol_vm::{CallCx, Fault};
//! fn each(cx: &mut CallCx) -> Result<(), Fault> {
//!     let text = cx.arg_str(0);
//!     cx.call(cx.arg(1), &[], &mut [])?;
//!     assert!(text.is_empty());
//!     Ok(())
//! }
//! ```
//! ```compile_fail,E0502
//! # use gol_vm::{CallCx, Fault};
//! fn each(cx: &mut CallCx) -> Result<(), Fault> {
//!     for word in cx.arg_words(0) {
//!         cx.call(cx.arg(3), &[*word], &mut [])?;
//!     }
//!     Ok(())
//! }
//! ```
//! ```compile_fail,E0502
//! # use gol_vm::{CallCx, Fault};
//! fn each(cx: &mut CallCx) -> Result<(), Fault> {
//!     if let Some((_, value)) = cx.iface(cx.arg(0)) {
//!         cx.call(cx.arg(1), &[value[0]], &mut [])?;
//!         assert_eq!(value[0], 0);
//!     }
//!     Ok(())
//! }
//! ```
//! Nor are arguments read out of gol memory while it runs:
//! ```compile_fail,E0502
//! # use gol_vm::{CallCx, Fault};
//! fn each(cx: &mut CallCx) -> Result<(), Fault> {
//!     let args = cx.arg_words(0);
//!     cx.call(1, args, &mut [])
//! }
//! ```
//! The same holds of methods:
//! ```compile_fail,E0502
//! # use gol_vm::{CallCx, Fault};
//! fn text(cx: &mut CallCx) -> Result<(), Fault> {
//!     let (_, value) = cx.iface(cx.arg(0)).ok_or(Fault::nil())?;
//!     cx.call_method(cx.arg(0), "String", &[], &mut [0])?;
//!     assert_eq!(value[0], 0);
//!     Ok(())
//! }
//! ```
//! ```
//! # use gol_vm::{CallCx, Fault};
//! fn text(cx: &mut CallCx) -> Result<(), Fault> {
//!     cx.call_method(cx.arg(0), "String", &[], &mut [0])?;
//!     let (_, value) = cx.iface(cx.arg(0)).ok_or(Fault::nil())?;
//!     assert_eq!(value[0], 0);
//!     Ok(())
//! }
//! ```
