//! How tokens are spelled, and what they are called in messages.

use crate::ast::Interner;
use crate::token::{SemiKind, Tok};

/// A token as a message names it: `name x`, `keyword if`, `newline`, `+`.
pub fn describe(t: Tok, names: &Interner) -> String {
    match t {
        Tok::Ident(s) => format!("name {}", names.get(s)),
        Tok::Lit(l) => format!("literal {}", short(names.get(l.sym))),
        Tok::Str(s) => format!("literal {}", short(names.get(s))),
        Tok::Semi(SemiKind::Newline) => "newline".into(),
        Tok::Semi(SemiKind::Explicit) => "semicolon".into(),
        Tok::Semi(SemiKind::Eof) => "EOF".into(),
        Tok::OpAssign(o) => format!("{}=", o.text()),
        Tok::IncDec(o) => o.text().repeat(2),
        Tok::Comma => "comma".into(),
        t => {
            let s = spell(t);
            if is_keyword(t) { format!("keyword {s}") } else { s.into() }
        }
    }
}

pub fn is_keyword(t: Tok) -> bool {
    spell(t).starts_with(|c: char| c.is_ascii_lowercase())
}

/// The text of a token that has always the same; the beginning of a name's or literal's description otherwise.
#[rustfmt::skip]
pub fn spell(t: Tok) -> &'static str {
    use Tok::*;
    match t {
        BinOp(o) => o.text(),
        Plus => "+", Minus => "-", Star => "*", Amp => "&", Caret => "^", Pipe => "|", Not => "!", Tilde => "~",
        Arrow => "<-", Assign => "=", Define => ":=", Ellipsis => "...",
        LParen | ResultParen => "(", RParen => ")", LBrack | TypeParamBrack => "[", RBrack => "]",
        LBrace | HoleOpen => "{", RBrace | HoleClose => "}", Comma => ",", Dot => ".", Colon => ":",
        Break => "break", Case => "case", Chan => "chan", Const => "const", Continue => "continue", Default => "default",
        Defer => "defer", Else => "else", Fallthrough => "fallthrough", For => "for", Func | FuncDecl => "func", Go => "go",
        Goto => "goto", If => "if", Import => "import", Interface => "interface", Map => "map", Package => "package",
        Range => "range", Return => "return", Select => "select", Struct => "struct", Switch => "switch", Type => "type",
        Var => "var", Par => "par", After => "after",
        InterpOpen => "$\"", InterpText(_) => "\"…\"", HoleVerb(_) => ":%", InterpClose => "\"",
        OpAssign(_) => "=", IncDec(_) => "++", Ident(_) => "", Lit(_) => "", Str(_) => "", Semi(_) => ";",
    }
}

fn short(s: &str) -> String {
    if s.len() <= 40 && !s.contains('\n') {
        return s.into();
    }
    let mut t: String = s.chars().take_while(|&c| c != '\n').take(30).collect();
    t.push('…');
    t
}

/// A terminal of the grammar as a message names it.
pub fn terminal(s: &str) -> &str {
    match s.trim_matches('"') {
        "ident" => "name",
        "str" => "string",
        "(res" => "(",
        "[tp" => "[",
        "funcdecl" => "func",
        "$(" => "$\"",
        "{hole" => "{",
        "}hole" => "}",
        "," => "comma",
        ";" => "semicolon or newline",
        "lit" => "literal",
        "binop" => "operator",
        s => s,
    }
}
