//! Calls from natives back into gol.
use crate::fault::Fault;
use crate::native::CallCx;

pub(crate) fn call(_cx: &mut CallCx, _closure: u64, _args: &[u64], _results: &mut [u64]) -> Result<(), Fault> {
    Err(Fault::Fatal("callbacks are not there yet".into()))
}

pub(crate) fn call_method(
    _cx: &mut CallCx,
    _iface: u64,
    _method: &str,
    _args: &[u64],
    _results: &mut [u64],
) -> Result<bool, Fault> {
    Err(Fault::Fatal("callbacks are not there yet".into()))
}
