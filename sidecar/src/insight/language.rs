//! Which language a text is in, asked for one purpose: whether English rules may judge it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use whatlang::{Detector, Lang, Script};

/// As much of a text as is looked at, in bytes: enough to tell, and bounded in cost.
const TEXT_BYTES_MAX: usize = 2 * 1024;
/// One function word in so many words makes a text English.
const FUNCTION_WORD_EVERY: usize = 8;
/// A longer text without any function word is not English.
const WORDS_WITHOUT_FUNCTION_MAX: usize = 3;
/// What a refused text is guessed to be is told from this confidence on: about 15 in 16 are right.
const GUESS_CONFIDENCE_MIN: f64 = 0.5;
/// German articles and verbs that VADER takes for dying and for warfare. In a text too short to
/// tell they decide, for English feedback of three words speaks of neither.
const FALSE_FRIENDS: [&str; 2] = ["die", "war"];

/// Words that hold English sentences together and are not common in any other language of
/// [`LANGUAGES`]: so neither "in" and "was" (German) nor "is" and "we" (Dutch).
static FUNCTION_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("data/english_function_words.txt").lines().collect());

/// Left out are languages so rare among feedback that short English is mistaken for them more
/// often than they are met, such as Tagalog, Afrikaans and Esperanto.
static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    let codes = LANGUAGES.split_whitespace().filter_map(|pair| pair.split(':').next());
    Detector::with_allowlist(codes.filter_map(Lang::from_code).collect())
});

/// The languages that are looked for: code of ISO 639-3 and of ISO 639-1.
const LANGUAGES: &str = "eng:en deu:de fra:fr spa:es por:pt ita:it nld:nl swe:sv dan:da nob:nb \
    fin:fi pol:pl ces:cs slk:sk slv:sl hrv:hr hun:hu ron:ro tur:tr vie:vi ind:id cat:ca lit:lt \
    lav:lv est:et rus:ru ukr:uk bel:be bul:bg srp:sr mkd:mk cmn:zh jpn:ja kor:ko ara:ar urd:ur \
    pes:fa hin:hi mar:mr nep:ne heb:he yid:yi ben:bn kat:ka amh:am ell:el kan:kn tam:ta tha:th \
    guj:gu pan:pa tel:te mal:ml ori:or mya:my sin:si khm:km hye:hy";

/// The rest of what an item may state in three letters.
const LANGUAGES_STATED: &str = "epo:eo jav:jv uzb:uz aze:az tuk:tk aka:ak zul:zu sna:sn afr:af \
    lat:la tgl:tl cym:cy nor:no nno:nn isl:is gle:ga eus:eu glg:gl bos:bs sqi:sq mlt:mt fas:fa \
    zho:zh msa:ms swa:sw ger:de fre:fr dut:nl cze:cs slo:sk rum:ro chi:zh gre:el per:fa";

/// What can be said about the language of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Not English, with the code of ISO 639-1 where it could be told.
    Other(Option<Cow<'static, str>>),
    /// No letters: digits, emoji and emoticons are read alike everywhere.
    Wordless,
    /// Too short to tell.
    Unknown,
}

impl Language {
    /// The code of ISO 639-1, if the language is known.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::English => Some("en"),
            Self::Other(code) => code.as_deref(),
            Self::Wordless | Self::Unknown => None,
        }
    }

    fn from_code(code: Cow<'static, str>) -> Self {
        if code == "en" { Self::English } else { Self::Other(Some(code)) }
    }
}

/// Tells the language of a text. What the item itself states wins, if it names a language.
pub fn detect(text: &str, stated: Option<&str>) -> Language {
    stated.and_then(read_stated).unwrap_or_else(|| guess(text))
}

/// Reads a language tag (`en`, `de-AT`, `pt_BR`, `deu`) or a name (`German`, `Deutsch`).
fn read_stated(stated: &str) -> Option<Language> {
    let stated = stated.trim().to_lowercase();
    let tag = stated.split(['-', '_']).next().unwrap_or_default();
    let named = |lang: &Lang| [lang.eng_name(), lang.name()].map(str::to_lowercase);

    let code = if let Some(code) = two_letters(tag) {
        Cow::Borrowed(code)
    } else if let Some(lang) = Lang::all().iter().find(|lang| named(lang).contains(&stated)) {
        Cow::Borrowed(two_letters(lang.code())?)
    } else if matches!(tag, "und" | "mul" | "mis" | "zxx") {
        // The standard's own ways of stating nothing.
        return None;
    } else if (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Cow::Owned(tag.to_owned())
    } else {
        return None;
    };
    Some(Language::from_code(code))
}

/// Tells the language from the text alone.
fn guess(text: &str) -> Language {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    if !text.chars().any(char::is_alphabetic) {
        return Language::Wordless;
    }
    if whatlang::detect_script(text) != Some(Script::Latin) {
        let code = DETECTOR.detect_lang(text).and_then(|lang| two_letters(lang.code()));
        return Language::Other(code.map(Cow::Borrowed));
    }

    let words = words(text);
    let function_words = words.iter().filter(|word| FUNCTION_WORDS.contains(word.as_str())).count();
    // Asked first because it decides most English texts, and costs a hundredth of what follows.
    if function_words * FUNCTION_WORD_EVERY >= words.len() {
        return Language::English;
    }

    let Some(guess) = DETECTOR.detect(text) else { return Language::Unknown };
    if guess.lang() == Lang::Eng {
        return Language::English;
    }
    let is_foreign = guess.is_reliable()
        || (function_words == 0
            && (words.len() > WORDS_WITHOUT_FUNCTION_MAX
                || words.iter().any(|word| FALSE_FRIENDS.contains(&word.as_str()))));
    if !is_foreign {
        return Language::Unknown;
    }
    let code = two_letters(guess.lang().code());
    Language::Other(code.filter(|_| guess.confidence() >= GUESS_CONFIDENCE_MIN).map(Cow::Borrowed))
}

/// The words of a text in lower case, with the apostrophes inside them.
fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphabetic() && !matches!(character, '\'' | '’'))
        .map(|word| word.trim_matches(['\'', '’']).replace('’', "'").to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The code of ISO 639-1 for one of ISO 639-3; a code of ISO 639-1 is left as it is.
fn two_letters(code: &str) -> Option<&'static str> {
    LANGUAGES
        .split_whitespace()
        .chain(LANGUAGES_STATED.split_whitespace())
        .filter_map(|pair| pair.split_once(':'))
        .find(|&(three, two)| three == code || two == code)
        .map(|(_, two)| two)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_all(expected: fn(&Language) -> bool, texts: &[&str]) {
        for text in texts {
            let language = detect(text, None);

            assert!(expected(&language), "{text:?} is taken for {language:?}");
        }
    }

    #[test]
    fn english_sentences_are_english() {
        assert_all(
            |language| *language == Language::English,
            &[
                "I love the new dashboard, it is so much faster than before!",
                "Can't log in",
                "doesn\u{2019}t work",
                "Where is my invoice?",
                "My account is locked",
                "Order arrived late",
                "Payment failed",
                "The app crashes every time I open the camera.",
                "Würzburg café: they don't answer the phone",
            ],
        );
    }

    #[test]
    fn sentences_of_other_languages_are_not_english() {
        assert_all(
            |language| matches!(language, Language::Other(_)),
            &[
                "Die App ist langsam",
                "Die beste App",
                "Der Support war sehr freundlich und hat mir geholfen.",
                "Je ne suis pas content du tout",
                "La aplicación no funciona",
                "Muito obrigado pelo excelente atendimento!",
                "Non funziona niente, sono molto deluso",
                "We hebben geen toegang tot de app",
                "Jeg er meget glad for jeres service",
                "Nie mogę się zalogować na moje konto",
                "Aplikasi ini sangat lambat",
            ],
        );
    }

    #[test]
    fn a_quoted_english_word_does_not_make_a_german_text_english() {
        let text = "Seit dem letzten Update erscheint beim Anmelden nur noch die Meldung about \
            blank und ich kann meine Rechnungen leider nicht mehr herunterladen.";

        assert_eq!(detect(text, None).code(), Some("de"));
    }

    #[test]
    fn a_language_that_is_only_guessed_has_no_code() {
        assert_eq!(detect("Die App ist langsam", None), Language::Other(None));
        assert_eq!(detect("Die App stürzt ständig ab.", None).code(), Some("de"));
    }

    #[test]
    fn other_scripts_are_not_english_and_have_a_code() {
        let texts = [("Приложение не работает", "ru"), ("アプリが遅いです", "ja")];
        let more = [("应用程序很慢", "zh"), ("앱이 너무 느려요", "ko"), ("التطبيق بطيء جدا", "ar")];
        for (text, code) in texts.into_iter().chain(more) {
            assert_eq!(detect(text, None), Language::Other(Some(code.into())), "{text}");
        }
    }

    #[test]
    fn a_text_without_letters_has_no_language() {
        assert_all(
            |language| *language == Language::Wordless,
            &["", "  ", "10/10", "👍👍", ":-)", "???"],
        );
    }

    #[test]
    fn a_text_too_short_to_tell_is_unknown() {
        assert_all(
            |language| *language == Language::Unknown,
            &["Great app", "Sehr gut!", "Muy bueno", "ok"],
        );
    }

    #[test]
    fn a_stated_language_wins_over_the_text() {
        let english = "I love it, thank you for everything";

        assert_eq!(detect(english, Some("de")), Language::Other(Some("de".into())));
        assert_eq!(detect("Die App ist langsam", Some("en-GB")), Language::English);
    }

    #[test]
    fn languages_are_stated_as_tags_or_names() {
        let tags = [("EN_us", "en"), ("de-AT", "de"), ("deu", "de"), ("ger", "de"), (" fr ", "fr")];
        let names = [("English", "en"), ("Deutsch", "de"), ("portuguese", "pt")];
        let unlisted = [("kw", "kw"), ("gsw-CH", "gsw")];
        for (stated, code) in tags.into_iter().chain(names).chain(unlisted) {
            assert_eq!(detect("Love it", Some(stated)).code(), Some(code), "{stated}");
        }
    }

    #[test]
    fn a_stated_language_that_names_none_is_ignored() {
        for stated in ["", "und", "mul", "zxx", "n/a", "42", "unspecified", "ключ"] {
            assert_eq!(detect("Where is my invoice?", Some(stated)), Language::English, "{stated}");
        }
    }

    #[test]
    fn every_language_that_can_be_detected_has_two_letters() {
        for lang in Lang::all() {
            assert!(two_letters(lang.code()).is_some_and(|code| code.len() == 2), "{lang:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(detect(&"é".repeat(TEXT_BYTES_MAX), None).code(), None);
        assert_eq!(detect(&format!("x{}", "я".repeat(5_000)), None).code(), Some("ru"));
    }
}
