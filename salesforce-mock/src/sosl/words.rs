//! Words of texts, and patterns that they fit.

/// The letters of a word that count.
const LONGEST: usize = 255;

/// The words of a text, in lower case.
pub(super) fn tokens(text: &str) -> Vec<Vec<char>> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().flat_map(char::to_lowercase).take(LONGEST).collect()).collect()
}

/// One letter of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    Is(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// What a word has to look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Letter>);

impl Pattern {
    /// Words out of letters: what is neither letter nor digit ends a word. Wildcards at its beginning mean nothing.
    pub(super) fn of(letters: &[Letter]) -> Vec<Self> {
        let ends = |letter: &Letter| matches!(letter, Letter::Is(letter) if !letter.is_alphanumeric());
        let word = |letters: &[Letter]| -> Vec<Letter> {
            let start = letters.iter().position(|letter| matches!(letter, Letter::Is(_))).unwrap_or(letters.len());
            let lower = |letter: &Letter| match *letter {
                Letter::Is(letter) => letter.to_lowercase().map(Letter::Is).collect(),
                other => vec![other],
            };
            letters.get(start..).unwrap_or_default().iter().flat_map(lower).collect()
        };
        letters.split(ends).map(word).filter(|word| !word.is_empty()).map(Self).collect()
    }

    /// The letters that are given.
    pub(super) fn letters(&self) -> usize {
        self.0.iter().filter(|letter| matches!(letter, Letter::Is(_))).count()
    }

    pub(super) fn fits(&self, word: &[char]) -> bool {
        let (mut at, mut letter) = (0, 0);
        // Where the last `*` stands, and how far it reaches.
        let mut star: Option<(usize, usize)> = None;
        while letter < word.len() {
            match self.0.get(at) {
                Some(Letter::Any) => {
                    star = Some((at, letter));
                    at += 1;
                    continue;
                }
                Some(Letter::Is(given)) if word.get(letter) == Some(given) => {}
                Some(Letter::One) => {}
                _ => match star {
                    None => return false,
                    Some((place, reach)) => {
                        star = Some((place, reach + 1));
                        (at, letter) = (place + 1, reach + 1);
                        continue;
                    }
                },
            }
            (at, letter) = (at + 1, letter + 1);
        }
        self.0.get(at..).unwrap_or_default().iter().all(|rest| *rest == Letter::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Vec<Pattern> {
        let letters: Vec<_> = text
            .chars()
            .map(|letter| match letter {
                '*' => Letter::Any,
                '?' => Letter::One,
                letter => Letter::Is(letter),
            })
            .collect();
        Pattern::of(&letters)
    }

    #[test]
    fn wildcards_stand_for_letters_of_one_word() {
        for (text, word, fits) in [
            ("acme", "ACME", true),
            ("acme", "acmes", false),
            ("ac*", "acme", true),
            ("ac*", "ac", true),
            ("a*m*e", "acmme", true),
            ("a?me", "acme", true),
            ("acm?", "acm", false),
            ("*cme", "acme", false),
            ("ö*", "Öztürk", true),
        ] {
            let [one] = &pattern(text)[..] else { panic!("{text}") };
            assert_eq!(one.fits(&tokens(word)[0]), fits, "{text} {word}");
        }
        assert_eq!(pattern("a-b.c").len(), 3);
        assert!(pattern("*?-").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_hangs(text in "[ab*?]{0,200}", word in "[ab]{1,300}") {
            for one in pattern(&text) {
                let _ = one.fits(&tokens(&word)[0]);
            }
        }
    }
}
