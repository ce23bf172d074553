//! Programs of one goroutine.
use super::bare::Bare;
use super::*;

pub(crate) fn fib() -> Func {
    func(
        "main.fib",
        1,
        1,
        5,
        vec![
            k(Op::JgeK, 0, 2, 1),
            i(Op::Ret1, 0, 0, 0, 0),
            i(Op::AddK, 3, 0, -1, 0),
            k(Op::Call, 2, 0, 0),
            data(),
            i(Op::Mov, 1, 3, 0, 0),
            i(Op::AddK, 3, 0, -2, 0),
            k(Op::Call, 2, 0, 0),
            data(),
            i(Op::AddI, 0, 1, 3, 0),
            i(Op::Ret1, 0, 0, 0, 0),
        ],
    )
}

#[test]
fn handlers_alone_run_fib() {
    let mut bare = Bare::new(&program(vec![fib()]));
    assert_eq!(bare.run(0, &[27])[0], 196_418);
}
