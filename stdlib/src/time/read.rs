//! Times read under a layout.

use super::layout::{DAYS, Fraction, MONTHS, NS_DIGITS, Offset, Piece, SHORT, next};

/// What has been read. A month or day that the layout does not have is the first one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parsed {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    /// Second of the day.
    pub second: i64,
    pub ns: i64,
    pub zone: Zone,
    /// Where the zone's name stands in the value, when it has one that is not UTC.
    pub zone_name: (usize, usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Zone {
    /// No offset was read.
    #[default]
    Unknown,
    Utc,
    Offset(i64),
}

/// Why a value could not be read. The numbers are those of `complaints` in format.gol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    Text = 0,
    Extra = 1,
    Month = 2,
    Hour = 3,
    Minute = 4,
    Second = 5,
    Fraction = 6,
    OffsetHour = 7,
    OffsetMinute = 8,
    OffsetSecond = 9,
    YearDay = 10,
    YearDayMonth = 11,
    YearDayDay = 12,
    Day = 13,
}

/// A problem, the part of the layout that it is about, and from where on the value does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misfit {
    pub problem: Problem,
    pub part: (usize, usize),
    pub at: usize,
}

type Step<T> = Result<T, Problem>;

/// Where the reading of a value is, and what was read. -1 is a number that did not come.
struct Reader<'a> {
    value: &'a [u8],
    at: usize,
    year: i64,
    month: i64,
    day: i64,
    year_day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    ns: i64,
    afternoon: Option<bool>,
    utc: bool,
    offset: i64,
    zone_name: (usize, usize),
}

pub fn parse(layout: &[u8], value: &[u8]) -> Result<Parsed, Misfit> {
    let mut r = Reader {
        value,
        at: 0,
        year: 0,
        month: -1,
        day: -1,
        year_day: -1,
        hour: 0,
        minute: 0,
        second: 0,
        ns: 0,
        afternoon: None,
        utc: false,
        offset: -1,
        zone_name: (0, 0),
    };
    let mut from = 0;
    loop {
        let found = next(layout, from);
        let before = (from, found.start);
        if !r.skip(&layout[from..found.start]) {
            return Err(Misfit { problem: Problem::Text, part: before, at: r.at });
        }
        let Some(piece) = found.piece else { break };
        from = found.end;
        let start = r.at;
        if let Err(problem) = r.piece(piece, &layout[from..]) {
            let at = if problem == Problem::Text { start } else { r.at };
            return Err(Misfit { problem, part: (found.start, found.end), at });
        }
    }
    if r.at < value.len() {
        return Err(Misfit { problem: Problem::Extra, part: (0, 0), at: r.at });
    }
    r.finish().map_err(|problem| Misfit { problem, part: (0, 0), at: value.len() })
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.value[self.at..]
    }
    fn peek(&self, i: usize) -> Option<u8> {
        self.value.get(self.at + i).copied()
    }
    fn digit(&self, i: usize) -> Option<i64> {
        self.peek(i).filter(u8::is_ascii_digit).map(value_of)
    }
    fn is_point(&self) -> bool {
        matches!(self.peek(0), Some(b'.' | b','))
    }

    /// Goes over a text of the layout: any number of spaces stands for any number.
    fn skip(&mut self, text: &[u8]) -> bool {
        let mut k = 0;
        while k < text.len() {
            if text[k] == b' ' {
                if self.peek(0).is_some_and(|b| b != b' ') {
                    return false;
                }
                k += text[k..].iter().take_while(|b| **b == b' ').count();
                self.at += self.rest().iter().take_while(|b| **b == b' ').count();
            } else if self.peek(0) == Some(text[k]) {
                k += 1;
                self.at += 1;
            } else {
                return false;
            }
        }
        true
    }

    /// A number of one or two digits; of two when it is `fixed`.
    fn number(&mut self, fixed: bool) -> Step<i64> {
        self.digits(if fixed { 2 } else { 1 }, 2)
    }

    fn digits(&mut self, least: usize, most: usize) -> Step<i64> {
        let (mut n, mut count) = (0, 0);
        while let Some(digit) = self.digit(count).filter(|_| count < most) {
            n = n * 10 + digit;
            count += 1;
        }
        if count < least {
            return Err(Problem::Text);
        }
        self.at += count;
        Ok(n)
    }

    /// A number that fills `len` bytes, perhaps with a sign.
    fn filling(&mut self, len: usize) -> Step<i64> {
        let text = self.rest().get(..len).ok_or(Problem::Text)?;
        let (negative, digits) = match text.first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Problem::Text);
        }
        let n = digits.iter().fold(0, |n: i64, b| n.wrapping_mul(10).wrapping_add(value_of(*b)));
        self.at += len;
        Ok(if negative { -n } else { n })
    }

    /// Which of the names comes, in any case.
    fn name(&mut self, names: &[&str], short: bool) -> Step<i64> {
        for (k, name) in names.iter().enumerate() {
            let name = if short { &name.as_bytes()[..SHORT] } else { name.as_bytes() };
            if self.rest().get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name)) {
                self.at += name.len();
                return Ok(k as i64);
            }
        }
        Err(Problem::Text)
    }

    fn piece(&mut self, piece: Piece, after: &[u8]) -> Step<()> {
        match piece {
            Piece::LongYear => {
                self.digit(0).ok_or(Problem::Text)?;
                self.year = self.filling(4)?;
            }
            Piece::Year => {
                let year = self.filling(2)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Piece::LongMonth => self.month = self.name(&MONTHS, false)? + 1,
            Piece::ShortMonth => self.month = self.name(&MONTHS, true)? + 1,
            Piece::Month | Piece::ZeroMonth => {
                self.month = self.number(piece == Piece::ZeroMonth)?;
                within(self.month, 1, 12, Problem::Month)?;
            }
            Piece::LongWeekday => drop(self.name(&DAYS, false)?),
            Piece::ShortWeekday => drop(self.name(&DAYS, true)?),
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => {
                self.spaces(if piece == Piece::UnderDay { 1 } else { 0 });
                self.day = self.number(piece == Piece::ZeroDay)?;
            }
            Piece::UnderYearDay => {
                self.spaces(2);
                self.year_day = self.digits(1, 3)?;
            }
            Piece::ZeroYearDay => self.year_day = self.digits(3, 3)?,
            Piece::Hour => {
                self.hour = self.number(false)?;
                within(self.hour, 0, 23, Problem::Hour)?;
            }
            Piece::Hour12 | Piece::ZeroHour12 => {
                self.hour = self.number(piece == Piece::ZeroHour12)?;
                within(self.hour, 0, 12, Problem::Hour)?;
            }
            Piece::Minute | Piece::ZeroMinute => {
                self.minute = self.number(piece == Piece::ZeroMinute)?;
                within(self.minute, 0, 59, Problem::Minute)?;
            }
            Piece::Second | Piece::ZeroSecond => {
                self.second = self.number(piece == Piece::ZeroSecond)?;
                within(self.second, 0, 59, Problem::Second)?;
                // A fraction in the value is taken even when the layout has none.
                let has_own = || matches!(next(after, 0).piece, Some(Piece::Fraction(_)));
                if self.is_point() && self.digit(1).is_some() && !has_own() {
                    self.free_fraction()?;
                }
            }
            Piece::UpperPm => self.half_day(b"AM", b"PM")?,
            Piece::LowerPm => self.half_day(b"am", b"pm")?,
            Piece::ZoneName => self.read_zone_name()?,
            Piece::Offset(shape) => self.read_offset(shape)?,
            Piece::Fraction(Fraction { trimmed: true, .. }) => {
                if self.is_point() && self.digit(1).is_some() {
                    self.free_fraction()?;
                }
            }
            Piece::Fraction(Fraction { digits, .. }) => {
                if self.rest().len() <= digits {
                    return Err(Problem::Text);
                }
                self.fraction(digits)?;
            }
        }
        Ok(())
    }

    fn spaces(&mut self, most: usize) {
        self.at += self.rest().iter().take(most).take_while(|b| **b == b' ').count();
    }

    fn half_day(&mut self, before: &[u8; 2], after: &[u8; 2]) -> Step<()> {
        let text = self.rest().get(..2).ok_or(Problem::Text)?;
        if text != before && text != after {
            return Err(Problem::Text);
        }
        self.afternoon = Some(text == after);
        self.at += 2;
        Ok(())
    }

    /// A point and all the digits behind it.
    fn free_fraction(&mut self) -> Step<()> {
        self.fraction(self.rest()[1..].iter().take_while(|b| b.is_ascii_digit()).count())
    }

    /// A point and so many digits, of which nine count.
    fn fraction(&mut self, digits: usize) -> Step<()> {
        if !self.is_point() {
            return Err(Problem::Text);
        }
        self.at += 1;
        let counted = digits.min(NS_DIGITS);
        let n = self.filling(counted)?;
        self.at += digits - counted;
        within(n, 0, i64::MAX, Problem::Fraction)?;
        self.ns = n * 10i64.pow((NS_DIGITS - counted) as u32);
        Ok(())
    }

    fn read_offset(&mut self, shape: Offset) -> Step<()> {
        if shape.z && self.peek(0) == Some(b'Z') {
            self.at += 1;
            self.utc = true;
            return Ok(());
        }
        let len = 3 + shape.more * if shape.colon { 3 } else { 2 };
        let text = self.rest().get(..len).ok_or(Problem::Text)?;
        let step = if shape.colon { 3 } else { 2 };
        if shape.colon && (0..shape.more).any(|k| text[3 + k * step] != b':') {
            return Err(Problem::Text);
        }
        let mut parts = [0; 3];
        let mut numbers = true;
        for (k, part) in parts.iter_mut().enumerate().take(shape.more + 1) {
            let at = if k == 0 { 1 } else { 1 + k * step };
            let two = [text[at], text[at + 1]];
            numbers &= two.iter().all(u8::is_ascii_digit);
            if numbers {
                *part = value_of(two[0]) * 10 + value_of(two[1]);
            }
        }
        let sign = text[0];
        self.at += len;
        let [hour, minute, second] = parts;
        // Some people write offsets of 24 hours, 60 minutes or 60 seconds. Of several that are too large the last is told.
        within(second, 0, 60, Problem::OffsetSecond)?;
        within(minute, 0, 60, Problem::OffsetMinute)?;
        within(hour, 0, 24, Problem::OffsetHour)?;
        let offset = hour * 3600 + minute * 60 + second;
        self.offset = match sign {
            b'+' if numbers => offset,
            b'-' if numbers => -offset,
            _ => return Err(Problem::Text),
        };
        Ok(())
    }

    fn read_zone_name(&mut self) -> Step<()> {
        if self.rest().starts_with(b"UTC") {
            self.at += 3;
            self.utc = true;
            return Ok(());
        }
        let len = zone_name(self.rest()).ok_or(Problem::Text)?;
        self.zone_name = (self.at, self.at + len);
        self.at += len;
        Ok(())
    }

    fn finish(mut self) -> Step<Parsed> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            Some(_) | None => {}
        }
        if self.year_day >= 0 {
            self.take_year_day()?;
        }
        let (month, day) = (if self.month < 0 { 1 } else { self.month }, if self.day < 0 { 1 } else { self.day });
        within(day, 1, days_in(month, self.year), Problem::Day)?;
        let zone = match self.offset {
            _ if self.utc => Zone::Utc,
            -1 => Zone::Unknown,
            offset => Zone::Offset(offset),
        };
        let second = self.hour * 3600 + self.minute * 60 + self.second;
        Ok(Parsed { year: self.year, month, day, second, ns: self.ns, zone, zone_name: self.zone_name })
    }

    /// The day of the year decides, and what else was read must be the same day.
    fn take_year_day(&mut self) -> Step<()> {
        let most = if is_leap(self.year) { 366 } else { 365 };
        within(self.year_day, 1, most, Problem::YearDay)?;
        let (mut month, mut day) = (1, self.year_day);
        while day > days_in(month, self.year) {
            day -= days_in(month, self.year);
            month += 1;
        }
        if self.month >= 0 && self.month != month {
            return Err(Problem::YearDayMonth);
        }
        if self.day >= 0 && self.day != day {
            return Err(Problem::YearDayDay);
        }
        (self.month, self.day) = (month, day);
        Ok(())
    }
}

/// Of a digit. Somebody may have written the byte since it was looked at: then it is any number below 256.
fn value_of(digit: u8) -> i64 {
    i64::from(digit.wrapping_sub(b'0'))
}

fn within(n: i64, least: i64, most: i64, problem: Problem) -> Step<()> {
    if (least..=most).contains(&n) { Ok(()) } else { Err(problem) }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The length of the zone's name that `s` begins with: three to five capitals (of more than three the last is a T, but for a few), GMT with
/// an offset in hours, or such an offset alone.
fn zone_name(s: &[u8]) -> Option<usize> {
    if s.len() < 3 {
        return None;
    }
    if s.starts_with(b"ChST") || s.starts_with(b"MeST") {
        return Some(4);
    }
    if s.starts_with(b"GMT") {
        return Some(3 + hours(&s[3..]));
    }
    if matches!(s[0], b'+' | b'-') {
        return Some(hours(s)).filter(|len| *len > 0);
    }
    let capitals = s.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if s[3] == b'T' || s.starts_with(b"WITA") => Some(4),
        5 if s[4] == b'T' => Some(5),
        _ => None,
    }
}

/// The length of a signed number of at most 23 hours that `s` begins with, or 0.
fn hours(s: &[u8]) -> usize {
    if !matches!(s.first(), Some(b'+' | b'-')) {
        return 0;
    }
    let digits = s[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    let n = s[1..=digits].iter().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(value_of(*b) as u64));
    if digits == 0 || n > 23 { 0 } else { 1 + digits }
}
