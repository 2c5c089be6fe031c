use super::Cursor;

/// Notices a server that leads in circles, in a constant amount of memory.
///
/// Brent's algorithm: one place is remembered, and a newer one at each power of two; a circle of any length meets the
/// remembered place before it has been gone round three times. The last place is compared too, so that the plain case,
/// a page that names itself, is noticed at once.
#[derive(Debug, Default)]
pub(super) struct Trail {
    last: Option<Cursor>,
    mark: Option<Cursor>,
    since_mark: u64,
    limit: u64,
}

impl Trail {
    /// Whether `next` leads on; false if it leads to where we have been.
    pub(super) fn leads_on(&mut self, next: &Cursor) -> bool {
        if self.last.as_ref() == Some(next) || self.mark.as_ref() == Some(next) {
            return false;
        }
        if self.since_mark == self.limit {
            self.mark = Some(next.clone());
            self.limit = self.limit.saturating_mul(2).max(1);
            self.since_mark = 0;
        }
        self.since_mark = self.since_mark.saturating_add(1);
        self.last = Some(next.clone());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(places: impl IntoIterator<Item = usize>) -> usize {
        let mut trail = Trail::default();
        places.into_iter().take_while(|n| trail.leads_on(&format!("/{n}").parse().unwrap())).count()
    }

    #[test]
    fn a_page_that_names_itself_is_noticed_at_once() {
        assert_eq!(steps([1, 2, 3, 4, 5, 5, 5]), 5);
    }

    #[test]
    fn a_circle_of_any_length_is_noticed() {
        for head in [0, 1, 7, 100] {
            for round in [1, 2, 3, 10, 64, 1000] {
                let taken = steps((0..head).chain((0..).map(|n| head + n % round)));
                assert!(taken <= 3 * (head + round) + 2, "{head} and {round}: {taken}");
            }
        }
    }

    #[test]
    fn a_way_without_a_circle_is_followed_to_its_end() {
        assert_eq!(steps(0..10_000), 10_000);
    }
}
