//! What stands in front of every body: a handler that calls it and does what the interpreter has to do next.
use crate::{Machine, NESTED, emit, target};
use cranelift_codegen::Context;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// Its code, and where in it the distance to the body stands; `None`: it cannot be made.
pub(crate) struct Gate(Option<(Vec<u8>, usize)>);

/// Bodies begin at multiples of so many bytes.
const ALIGN: usize = 16;
/// The distance of a call is measured from behind its four bytes.
const DISTANCE: usize = 4;

impl Gate {
    pub fn new(machine: &Machine) -> Gate {
        Gate(make(machine))
    }
    /// The gate's bytes, filled up; the body begins behind them.
    pub fn before_body(&self) -> Option<Vec<u8>> {
        let (code, at) = self.0.as_ref()?;
        let mut bytes = code.clone();
        bytes.resize(code.len().next_multiple_of(ALIGN), 0xcc);
        let distance = (bytes.len() - (at + DISTANCE)) as u32;
        bytes[*at..at + DISTANCE].copy_from_slice(&distance.to_le_bytes());
        Some(bytes)
    }
}

fn make(machine: &Machine) -> Option<(Vec<u8>, usize)> {
    let isa = target("true").ok()?;
    let (mut context, mut room) = (Context::new(), FunctionBuilderContext::new());
    let mut sig = Signature::new(CallConv::Tail);
    sig.params = vec![AbiParam::new(I64); 3];
    sig.returns = vec![AbiParam::new(I64)];
    context.func.signature = sig.clone();
    let mut b = FunctionBuilder::new(&mut context.func, &mut room);
    let (handler, body) = (b.import_signature(sig), b.import_signature(emit::signature()));
    let body = emit::this(&mut b, body);
    let head = b.create_block();
    b.append_block_params_for_function_params(head);
    b.switch_to_block(head);
    let [pc, base, p] = *b.block_params(head) else { return None };
    let stack = b.ins().get_stack_pointer(I64);
    let limit = b.ins().iadd_imm_s(stack, -NESTED);
    b.ins().store(MemFlagsData::trusted(), limit, p, machine.limit);
    let call = b.ins().call(body, &[pc, base, p]);
    let [next, pc, base, p] = *b.inst_results(call) else { return None };
    let (left, returned) = (b.create_block(), b.create_block());
    b.ins().brif(next, left, &[], returned, &[]);
    b.switch_to_block(left);
    b.ins().return_call_indirect(handler, next, &[pc, base, p]);
    // As the operation `Ret` does it.
    b.switch_to_block(returned);
    let plain = MemFlagsData::trusted();
    let pc = b.ins().load(I64, plain, base, -8);
    let window = b.ins().uload16(I64, plain, pc, machine.window);
    let bytes = b.ins().ishl_imm_s(window, 3);
    let base = b.ins().isub(base, bytes);
    let base = b.ins().iadd_imm_s(base, -8);
    let next = b.ins().load(I64, plain, pc, 0);
    b.ins().return_call_indirect(handler, next, &[pc, base, p]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    let code = context.compile(&*isa, &mut ControlPlane::default()).ok()?;
    match code.buffer.relocs() {
        [only] if only.kind == Reloc::X86CallPCRel4 => Some((code.buffer.data().to_vec(), only.offset as usize)),
        _ => None,
    }
}
