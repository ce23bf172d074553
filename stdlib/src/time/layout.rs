//! Layouts of package time: which of their parts stand for something, and a time written under one.

use crate::text::number;

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Letters of a short name.
pub const SHORT: usize = 3;

const DAY_SECONDS: i64 = 86_400;
/// Nanoseconds have so many digits.
pub const NS_DIGITS: usize = 9;

/// What a piece of a layout stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    LongMonth,
    ShortMonth,
    Month,
    ZeroMonth,
    LongWeekday,
    ShortWeekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset(Offset),
    Fraction(Fraction),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offset {
    /// `Z` stands for no offset.
    pub z: bool,
    /// Numbers behind the hour: minute, second.
    pub more: usize,
    pub colon: bool,
}

/// A fraction of a second: `.000` always with its digits, `.999` without zeros at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fraction {
    pub separator: u8,
    pub digits: usize,
    pub trimmed: bool,
}

/// The first piece at or behind a place of a layout; without one, where the layout ends.
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub piece: Option<Piece>,
}

pub fn next(layout: &[u8], from: usize) -> Found {
    for start in from..layout.len() {
        let rest = &layout[start..];
        if let Some((len, piece)) = piece_at(rest) {
            // The day of _2006 is a year.
            if piece == Piece::UnderDay && rest[1..].starts_with(b"2006") {
                return Found { start: start + 1, end: start + 5, piece: Some(Piece::LongYear) };
            }
            return Found { start, end: start + len, piece: Some(piece) };
        }
    }
    Found { start: layout.len(), end: layout.len(), piece: None }
}

type Text = (&'static [u8], Piece);

const fn offset(z: bool, more: usize, colon: bool) -> Piece {
    Piece::Offset(Offset { z, more, colon })
}

/// The texts of pieces that begin with no digit by their first byte, longer ones before their prefixes.
fn texts(first: u8) -> &'static [Text] {
    match first {
        b'J' => &[(b"January", Piece::LongMonth), (b"Jan", Piece::ShortMonth)],
        b'M' => &[(b"Monday", Piece::LongWeekday), (b"Mon", Piece::ShortWeekday), (b"MST", Piece::ZoneName)],
        b'_' => &[(b"_2", Piece::UnderDay), (b"__2", Piece::UnderYearDay)],
        b'P' => &[(b"PM", Piece::UpperPm)],
        b'p' => &[(b"pm", Piece::LowerPm)],
        b'-' => {
            const {
                &[
                    (b"-070000", offset(false, 2, false)),
                    (b"-07:00:00", offset(false, 2, true)),
                    (b"-0700", offset(false, 1, false)),
                    (b"-07:00", offset(false, 1, true)),
                    (b"-07", offset(false, 0, false)),
                ]
            }
        }
        b'Z' => {
            const {
                &[
                    (b"Z070000", offset(true, 2, false)),
                    (b"Z07:00:00", offset(true, 2, true)),
                    (b"Z0700", offset(true, 1, false)),
                    (b"Z07:00", offset(true, 1, true)),
                    (b"Z07", offset(true, 0, false)),
                ]
            }
        }
        _ => &[],
    }
}

/// `starts_with` for texts so short that a call costs more than they do.
#[inline]
fn begins(rest: &[u8], text: &[u8]) -> bool {
    rest.len() >= text.len() && rest.iter().zip(text).all(|(a, b)| a == b)
}

/// Length and meaning of the piece that `rest` begins with.
fn piece_at(rest: &[u8]) -> Option<(usize, Piece)> {
    match rest[0] {
        b'.' | b',' => return fraction_at(rest),
        b'0'..=b'5' => return digits_at(rest),
        // Every offset goes on like this.
        b'-' | b'Z' if !rest[1..].starts_with(b"07") => return None,
        _ => {}
    }
    let found = texts(rest[0]).iter().find(|(text, piece)| {
        let short_name = matches!(piece, Piece::ShortMonth | Piece::ShortWeekday);
        begins(rest, text) && !(short_name && rest.get(SHORT).is_some_and(u8::is_ascii_lowercase))
    });
    found.map(|(text, piece)| (text.len(), *piece))
}

/// A piece that begins with a digit up to 5.
fn digits_at(rest: &[u8]) -> Option<(usize, Piece)> {
    let second = rest.get(1).copied().unwrap_or_default();
    Some(match (rest[0], second) {
        (b'0', b'1') => (2, Piece::ZeroMonth),
        (b'0', b'2') => (2, Piece::ZeroDay),
        (b'0', b'3') => (2, Piece::ZeroHour12),
        (b'0', b'4') => (2, Piece::ZeroMinute),
        (b'0', b'5') => (2, Piece::ZeroSecond),
        (b'0', b'6') => (2, Piece::Year),
        (b'0', b'0') if rest.get(2) == Some(&b'2') => (3, Piece::ZeroYearDay),
        (b'1', b'5') => (2, Piece::Hour),
        (b'1', _) => (1, Piece::Month),
        (b'2', b'0') if rest[2..].starts_with(b"06") => (4, Piece::LongYear),
        (b'2', _) => (1, Piece::Day),
        (b'3', _) => (1, Piece::Hour12),
        (b'4', _) => (1, Piece::Minute),
        (b'5', _) => (1, Piece::Second),
        _ => return None,
    })
}

/// Zeros or nines that no digit follows.
fn fraction_at(rest: &[u8]) -> Option<(usize, Piece)> {
    let digit = *rest.get(1).filter(|d| matches!(d, b'0' | b'9'))?;
    let digits = rest[1..].iter().take_while(|b| **b == digit).count();
    if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((1 + digits, Piece::Fraction(Fraction { separator: rest[0], digits, trimmed: digit == b'9' })))
}

/// A time as the clocks of its place show it.
pub struct Shown<'a> {
    /// Seconds since 1 January of the year 1.
    pub seconds: i64,
    pub ns: u32,
    /// Seconds east of UTC, and the name of the zone.
    pub offset: i64,
    pub zone: &'a [u8],
}

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub year_day: i64,
}

/// The date of a day counted from 1 January of the year 1. Counts from 1 March of the year 0, so leap days come last.
pub fn date(days: i64) -> Date {
    let z = days + 306;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let (year, month) = (year_of_era + era * 400, from_march + 3);
    let (year, month) = if month > 12 { (year + 1, month - 12) } else { (year, month) };
    Date { year, month, day, year_day: days - days_before(year) + 1 }
}

/// The days from 1 January of the year 1 to that of the year.
fn days_before(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
}

/// Appends the time under a layout.
pub fn format(out: &mut Vec<u8>, layout: &[u8], t: &Shown<'_>) {
    let (days, second) = (t.seconds.div_euclid(DAY_SECONDS), t.seconds.rem_euclid(DAY_SECONDS));
    let date = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // 1 January of the year 1 was a Monday.
    let weekday = DAYS[(days + 1).rem_euclid(7) as usize];
    let month = MONTHS[(date.month - 1) as usize];
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let mut at = 0;
    loop {
        let found = next(layout, at);
        out.extend_from_slice(&layout[at..found.start]);
        at = found.end;
        let Some(piece) = found.piece else { return };
        match piece {
            Piece::LongMonth => out.extend_from_slice(month.as_bytes()),
            Piece::ShortMonth => out.extend_from_slice(&month.as_bytes()[..SHORT]),
            Piece::Month => push(out, date.month, 0),
            Piece::ZeroMonth => push(out, date.month, 2),
            Piece::LongWeekday => out.extend_from_slice(weekday.as_bytes()),
            Piece::ShortWeekday => out.extend_from_slice(&weekday.as_bytes()[..SHORT]),
            Piece::Day => push(out, date.day, 0),
            Piece::UnderDay => push_spaced(out, date.day, 2),
            Piece::ZeroDay => push(out, date.day, 2),
            Piece::UnderYearDay => push_spaced(out, date.year_day, 3),
            Piece::ZeroYearDay => push(out, date.year_day, 3),
            Piece::Hour => push(out, hour, 2),
            Piece::Hour12 => push(out, hour12, 0),
            Piece::ZeroHour12 => push(out, hour12, 2),
            Piece::Minute => push(out, minute, 0),
            Piece::ZeroMinute => push(out, minute, 2),
            Piece::Second => push(out, second, 0),
            Piece::ZeroSecond => push(out, second, 2),
            Piece::LongYear => push(out, date.year, 4),
            Piece::Year => push(out, date.year.abs() % 100, 2),
            Piece::UpperPm => out.extend_from_slice(if hour >= 12 { b"PM" } else { b"AM" }),
            Piece::LowerPm => out.extend_from_slice(if hour >= 12 { b"pm" } else { b"am" }),
            Piece::ZoneName if !t.zone.is_empty() => out.extend_from_slice(t.zone),
            Piece::ZoneName => push_offset(out, Offset { z: false, more: 1, colon: false }, t.offset),
            Piece::Offset(shape) => push_offset(out, shape, t.offset),
            Piece::Fraction(shape) => push_fraction(out, shape, t.ns),
        }
    }
}

/// Appends a number with at least `width` digits.
fn push(out: &mut Vec<u8>, n: i64, width: usize) {
    if n < 0 {
        out.push(b'-');
    }
    push_padded(out, n.unsigned_abs(), width, b'0');
}

fn push_spaced(out: &mut Vec<u8>, n: i64, width: usize) {
    push_padded(out, n.unsigned_abs(), width, b' ');
}

fn push_padded(out: &mut Vec<u8>, n: u64, width: usize, fill: u8) {
    if width == 2 && (10..100).contains(&n) {
        return out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
    }
    let mut buf = [0; 64];
    let digits = number::in_base(&mut buf, n, 10);
    for _ in digits.len()..width {
        out.push(fill);
    }
    out.extend_from_slice(digits);
}

fn push_offset(out: &mut Vec<u8>, shape: Offset, offset: i64) {
    if shape.z && offset == 0 {
        out.push(b'Z');
        return;
    }
    // The sign is that of the minutes: less than one keeps its own.
    let negative = offset <= -60;
    out.push(if negative { b'-' } else { b'+' });
    let size = if negative { offset.wrapping_neg() } else { offset };
    push(out, size / 3600, 2);
    for n in [size / 60 % 60, size % 60].into_iter().take(shape.more) {
        if shape.colon {
            out.push(b':');
        }
        push(out, n, 2);
    }
}

fn push_fraction(out: &mut Vec<u8>, shape: Fraction, ns: u32) {
    if shape.trimmed && ns == 0 {
        return;
    }
    let start = out.len();
    out.push(shape.separator);
    push(out, i64::from(ns), NS_DIGITS);
    out.truncate(start + 1 + shape.digits.min(NS_DIGITS));
    if shape.trimmed {
        let kept = out.iter().rposition(|b| *b != b'0').unwrap_or(start);
        out.truncate(if kept == start { start } else { kept + 1 });
    }
}
