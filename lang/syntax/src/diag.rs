//! Diagnostics as plain data, and the catalogue of their codes.
//!
//! A pass that finds a mistake makes a [`Diagnostic`]; only the binary renders one. The catalogue is the one list of codes:
//! `gol explain`, the tests and the passes read it. Ranges: E00xx lexical, E01xx syntax, E02xx syntax rules that the
//! grammar leaves open, E03xx names and declarations, E04xx types and operands, E05xx statements, E06xx constants,
//! E07xx packages and programs, E09xx not in gol yet, W0xxx warnings.

use crate::span::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// A mistake in a program, found before it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// One line, in the words of the language, as Go's compiler words it where it has such a message.
    pub message: String,
    /// The smallest piece of text that is wrong.
    pub span: Span,
    /// What is said at that piece in the picture; may be empty.
    pub label: String,
    /// Other places that matter, each with what is said there.
    pub related: Vec<(Span, String)>,
    /// A way out.
    pub help: Option<String>,
    /// The text ended too early: at the prompt, more lines may complete it.
    pub incomplete: bool,
}

impl Diagnostic {
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            related: vec![],
            help: None,
            incomplete: false,
        }
    }
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.push((span, text.into()));
        self
    }
}

/// One row a code: variant, its text, its title. A code stands for one kind of mistake, not for one place in our source.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $title:literal;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }
        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// `E0301`.
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
            /// What kind of mistake it is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
        }
    };
}

codes! {
    // ---- lexical
    InvalidChar "E0001" "a character that has no place in a program";
    InvalidText "E0002" "a file that is not UTF-8 text";
    Unterminated "E0003" "a comment, string or rune literal without its end";
    InvalidEscape "E0004" "a backslash with something that is no escape";
    InvalidRune "E0005" "single quotes around something that is not one character";
    InvalidNumber "E0006" "a malformed number";
    InvalidInterp "E0007" "a malformed interpolated string";
    // ---- syntax
    Syntax "E0101" "the text does not follow the grammar";
    UnexpectedEnd "E0102" "the text ends too early";
    Unclosed "E0103" "a bracket that is never closed";
    ForeignWord "E0104" "a word of another language";
    TooDeep "E0105" "the program is nested too deeply";
    // ---- rules that the grammar leaves open
    NotHere "E0201" "a statement or declaration in a place where it cannot stand";
    ImportOrder "E0202" "an import or package clause out of order";
    HeaderValue "E0203" "a statement where a condition must be";
    NotCall "E0204" "go or defer without a call";
    ParamList "E0205" "a parameter list that mixes named and unnamed, or misplaces ...";
    Receiver "E0206" "a method without a receiver, or with several";
    LiteralType "E0207" "a composite literal of something that is no type";
    SliceIndex "E0208" "a slice expression of three indices without all of them";
    OpenArray "E0209" "[...] outside a composite literal";
    TypeGuard "E0210" ".(type) outside a type switch";
    ClauseForm "E0211" "a case that does not fit its switch or select";
    TwoDefaults "E0212" "a switch or select with several defaults";
    NotName "E0213" "something other than a name on the left of :=";
    RangeVars "E0214" "too many variables in a range clause";
    Label "E0215" "a label that is unused, missing or defined twice";
    Goto "E0216" "a goto into a block or over a variable declaration";
    Branch "E0217" "break or continue outside what they leave";
    Fallthrough "E0218" "fallthrough where it cannot stand";
    // ---- names and declarations
    Undefined "E0301" "a name that is not declared";
    // ---- not yet
    NotYet "E0901" "a part of the language that gol does not have yet";
}
