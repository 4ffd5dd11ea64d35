
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Makes the package for dbdev from the extension. dbdev takes at most 250,000 characters a
 * script, so the scripts are packed: they lose their comments of two dashes, and what occurs
 * often in them is abbreviated. The build runs it as {@code java DbdevPackage.java
 * <extension> <dbdev>}.
 */
final class DbdevPackage {

	private static final List<String> STRING_PREFIXES = List.of("E", "B", "X", "N");

	private static final Pattern TOKEN = Pattern.compile("\\w+|\\s+|.", Pattern.DOTALL);

	private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

	private static final String LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	private static final int MAX_ABBREVIATIONS = 900;

	/**
	 * Phrases that share no token are abbreviated together, which spares the time to count
	 * all phrases again for each of them.
	 */
	private static final int ABBREVIATIONS_PER_COUNT = 5;

	private DbdevPackage() {
	}

	public static void main(String[] args) throws IOException {
		Path extension = Path.of(args[0]);
		Path dbdev = Files.createDirectories(Path.of(args[1]));
		List<Path> files;
		try (Stream<Path> all = Files.list(extension)) {
			files = all.toList();
		}
		for (Path file : files) {
			String name = file.getFileName().toString();
			if (name.startsWith("pg_dispatch--")) {
				Files.writeString(dbdev.resolve(name), packed(Files.readString(file)));
			}
			// dbdev refuses a package without a README.md.
			else if (name.equals("pg_dispatch.control") || name.equals("README.md")) {
				Files.writeString(dbdev.resolve(name), Files.readString(file));
			}
		}
	}

	/**
	 * A statement with the abbreviated script, that writes the script out and runs it.
	 */
	private static String packed(String script) {
		String text = compact(script);
		if (Pattern.compile("~[a-zA-Z0-9]|`|\\$(_|script|phrases)\\$").matcher(text).find()) {
			throw new IllegalStateException("The variant for dbdev uses these characters itself");
		}
		List<String> phrases = new ArrayList<>();
		List<String> tokens = abbreviate(TOKEN.matcher(text).results().map((token) -> token.group()).toList(), phrases);
		return """
				-- dbdev takes at most 250,000 characters a script: this one abbreviates what occurs often in it.
				DO $_$DECLARE
				script pg_catalog.text := $script$%s$script$;
				phrases pg_catalog.text[] := pg_catalog.string_to_array($phrases$%s$phrases$, '`');
				abbreviations pg_catalog.text[] := pg_catalog.string_to_array('%s', '`');
				BEGIN
				-- Phrases contain abbreviations of the phrases before them.
				FOR i IN REVERSE pg_catalog.cardinality(phrases)..1 LOOP
				script := pg_catalog.replace(script, abbreviations[i], phrases[i]);
				END LOOP;
				EXECUTE script;
				END$_$;
				""".formatted(String.join("", tokens), String.join("`", phrases),
				IntStream.range(0, phrases.size())
					.mapToObj(DbdevPackage::abbreviation)
					.collect(Collectors.joining("`")));
	}

	/**
	 * Abbreviates one token or two tokens in a row, again and again. An abbreviation is a
	 * token, too, so phrases become longer. What spares most comes first.
	 * @param phrases takes the phrases in the order of their abbreviations
	 * @return the tokens with abbreviations
	 */
	private static List<String> abbreviate(List<String> tokens, List<String> phrases) {
		List<String> all = tokens;
		while (phrases.size() < MAX_ABBREVIATIONS) {
			Map<String, String> chosen = new HashMap<>();
			Set<String> used = new HashSet<>();
			for (List<String> phrase : phrasesOf(all, abbreviation(phrases.size()).length())) {
				if (chosen.size() < ABBREVIATIONS_PER_COUNT && Collections.disjoint(used, phrase)) {
					used.addAll(phrase);
					chosen.put(String.join("", phrase), abbreviation(phrases.size()));
					phrases.add(String.join("", phrase));
				}
			}
			if (chosen.isEmpty()) {
				return all;
			}
			all = replace(all, chosen);
		}
		return all;
	}

	/**
	 * Each phrase of one or two tokens that is worth an abbreviation, the best one first.
	 */
	private static List<List<String>> phrasesOf(List<String> tokens, int length) {
		List<String> words = new ArrayList<>();
		Map<String, Integer> numbers = new HashMap<>();
		Map<Long, Integer> counts = new HashMap<>();
		long previous = -1;
		for (String token : tokens) {
			int number = numbers.computeIfAbsent(token, (key) -> numbers.size());
			if (number == words.size()) {
				words.add(token);
			}
			counts.merge((long) number, 1, Integer::sum);
			if (previous >= 0) {
				counts.merge((previous + 1) << Integer.SIZE | number, 1, Integer::sum);
			}
			previous = number;
		}
		List<Phrase> phrases = new ArrayList<>();
		counts.forEach((key, count) -> {
			String second = words.get(key.intValue());
			int first = (int) (key >>> Integer.SIZE);
			List<String> phrase = (first > 0) ? List.of(words.get(first - 1), second) : List.of(second);
			int size = phrase.stream().mapToInt(String::length).sum();
			int gain = count * (size - length) - (size + length + 2);
			if (gain > 0) {
				phrases.add(new Phrase(phrase, gain));
			}
		});
		// The order does not depend on that of the map, so that each build makes the same script.
		phrases.sort(Comparator.comparing((Phrase phrase) -> -phrase.gain())
			.thenComparing((phrase) -> String.join("", phrase.tokens())));
		return phrases.stream().map(Phrase::tokens).toList();
	}

	private static List<String> replace(List<String> tokens, Map<String, String> abbreviations) {
		List<String> replaced = new ArrayList<>();
		for (int i = 0; i < tokens.size(); i++) {
			String pair = (i + 1 < tokens.size()) ? abbreviations.get(tokens.get(i) + tokens.get(i + 1)) : null;
			replaced.add((pair != null) ? pair : abbreviations.getOrDefault(tokens.get(i), tokens.get(i)));
			i += (pair != null) ? 1 : 0;
		}
		return replaced;
	}

	/**
	 * No abbreviation is the beginning of another one.
	 */
	private static String abbreviation(int index) {
		if (index < LETTERS.length()) {
			return "~" + LETTERS.charAt(index);
		}
		int rest = index - LETTERS.length();
		return "~" + LETTERS_AND_DIGITS.charAt(rest / LETTERS_AND_DIGITS.length())
				+ LETTERS_AND_DIGITS.charAt(rest % LETTERS_AND_DIGITS.length());
	}

	/**
	 * Drops comments of two dashes, and white space beyond one character between two
	 * tokens. The scripts quote strings by apostrophes and function bodies by dollars, and
	 * have no backslash before an apostrophe, so counting apostrophes tells what is in a
	 * string.
	 */
	private static String compact(String script) {
		StringBuilder compact = new StringBuilder();
		int i = 0;
		while (i < script.length()) {
			int end = i + 1;
			if (script.charAt(i) == '\'') {
				end = script.indexOf('\'', end) + 1;
				compact.append(script, i, end);
			}
			else if (isGap(script, i)) {
				for (end = i; end < script.length() && isGap(script, end);) {
					end = script.startsWith("--", end) ? script.indexOf('\n', end) : end + 1;
				}
				if (separates(compact, script, end)) {
					compact.append(script.substring(i, end).contains("\n") ? '\n' : ' ');
				}
			}
			else {
				compact.append(script.charAt(i));
			}
			i = end;
		}
		return compact.toString().strip() + "\n";
	}

	/**
	 * Whether what is on both sides of a gap would be another token without the gap: two
	 * words, two operators, two strings, or a word and a string of which it would be the
	 * prefix. Statements keep lines of their own.
	 */
	private static boolean separates(CharSequence before, String script, int next) {
		if (before.isEmpty() || next >= script.length()) {
			return false;
		}
		char left = before.charAt(before.length() - 1);
		char right = script.charAt(next);
		if (left == '$') {
			return false;
		}
		if (script.startsWith("$$", next)) {
			return endsWithWord(before, "AS") || endsWithWord(before, "DO");
		}
		if (left == '\'' || right == '\'') {
			return left == right || STRING_PREFIXES.stream().anyMatch((prefix) -> endsWithWord(before, prefix));
		}
		if (left == ';') {
			return script.startsWith("CREATE", next) || script.startsWith("COMMENT", next);
		}
		return ",()".indexOf(left) < 0 && ",;()".indexOf(right) < 0 && isOperator(left) == isOperator(right);
	}

	private static boolean endsWithWord(CharSequence text, String word) {
		int start = text.length() - word.length();
		return start >= 0 && text.subSequence(start, text.length()).toString().equalsIgnoreCase(word)
				&& (start == 0 || !Character.isJavaIdentifierPart(text.charAt(start - 1)));
	}

	private static boolean isOperator(char character) {
		return "+-*/<>=~!@#%^&|?:".indexOf(character) >= 0;
	}

	private static boolean isGap(String script, int index) {
		return Character.isWhitespace(script.charAt(index)) || script.startsWith("--", index);
	}

	/**
	 * Tokens in a row, and the number of characters that an abbreviation of them spares.
	 */
	private record Phrase(List<String> tokens, int gain) {

	}

}
