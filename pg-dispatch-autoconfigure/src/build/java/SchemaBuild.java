import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Makes everything that installs or updates the schema from the files in
 * {@code src/main/sql}: the scripts, the changelog for Liquibase, the extension, and the
 * package for dbdev. The build runs it as {@code java SchemaBuild.java <sources>
 * <resources> <extension> <dbdev>}, with three folders to write to.
 */
final class SchemaBuild {

	private static final Pattern ROUTINE = Pattern
		.compile("CREATE OR REPLACE (?:FUNCTION|PROCEDURE) pgdispatch\\.(\\w+)(?s:.*?)\nAS \\$\\$");

	private static final Pattern SETTING = Pattern.compile("\nSET (.+)");

	private static final String PATH = "\nSET search_path = pg_catalog, pg_temp";

	private static final List<String> STRING_PREFIXES = List.of("E", "B", "X", "N");

	private static final int FEWEST_OBJECTS = 3;

	private static final Pattern COMMENT = Pattern
		.compile("COMMENT ON (FUNCTION|PROCEDURE|COLUMN|TABLE|INDEX|POLICY \\w+ ON) pgdispatch\\.([\\w.]+)(?:\\([^)]*\\))?"
				+ " IS\\s*('(?:[^']++|'')*+');");

	private static final Pattern ROW_SECURITY = Pattern.compile("ALTER TABLE pgdispatch\\.(?<table>\\w+) ENABLE ROW LEVEL SECURITY;"
			+ "\\s*ALTER TABLE pgdispatch\\.\\k<table> FORCE ROW LEVEL SECURITY;"
			+ "\\s*CREATE POLICY own ON pgdispatch\\.\\k<table>\\s+USING \\([^;]*\\);");

	private final Path sources;

	private final List<Version> versions;

	SchemaBuild(Path sources) throws IOException {
		this.sources = sources;
		this.versions = lines("versions.txt").stream().map(Version::parse).toList();
	}

	public static void main(String[] args) throws IOException {
		SchemaBuild build = new SchemaBuild(Path.of(args[0]));
		build.writeResources(Files.createDirectories(Path.of(args[1])));
		build.writeExtension(Files.createDirectories(Path.of(args[2])));
		build.writeDbdevPackage(Files.createDirectories(Path.of(args[3])));
	}

	private void writeResources(Path folder) throws IOException {
		writeScripts(folder);
		StringBuilder names = new StringBuilder();
		this.versions.forEach((version) -> names.append(version.name()).append('\n'));
		write(folder.resolve("versions.txt"), names.toString());
		write(folder.resolve("changelog.xml"), changelog());
	}

	private void writeExtension(Path folder) throws IOException {
		writeScripts(folder);
		write(folder.resolve("pg_dispatch.control"), control());
		write(folder.resolve("pgtle.sql"), pgTleScript());
		write(folder.resolve("README.md"), read("extension/README.md"));
	}

	/**
	 * The scripts without comments of two dashes, without space that separates nothing, and
	 * with settings and descriptions in one statement for many objects, because dbdev takes
	 * at most 250,000 characters a script. It also refuses a package without a README.md.
	 */
	private void writeDbdevPackage(Path folder) throws IOException {
		write(folder.resolve("pg_dispatch.control"), control());
		write(folder.resolve("README.md"), read("extension/README.md"));
		// There is nothing to be replaced by an installation.
		write(folder.resolve(installName(newest())),
				packed(installScript(newest())).replace("CREATE OR REPLACE", "CREATE"));
		for (int i = 1; i < this.versions.size(); i++) {
			write(folder.resolve(updateName(i)), packed(updateScript(i)));
		}
	}

	private void writeScripts(Path folder) throws IOException {
		for (Version version : this.versions) {
			if (version == newest() || version.installChecksum() != null) {
				write(folder.resolve(installName(version)), installScript(version));
			}
		}
		for (int i = 1; i < this.versions.size(); i++) {
			write(folder.resolve(updateName(i)), updateScript(i));
		}
	}

	private static String installName(Version version) {
		return "pg_dispatch--" + version.name() + ".sql";
	}

	private String updateName(int index) {
		return "pg_dispatch--" + this.versions.get(index - 1).name() + "--" + this.versions.get(index).name() + ".sql";
	}

	private Version newest() {
		return this.versions.get(this.versions.size() - 1);
	}

	private String installScript(Version version) throws IOException {
		if (version != newest()) {
			return frozen(installName(version), version.installChecksum(), null);
		}
		String script = "-- pg-dispatch " + newest().name() + ": installs the schema pgdispatch where there is none.\n\n"
				+ concatenate(lines("order.txt"));
		return frozen(installName(version), version.installChecksum(), script);
	}

	private String updateScript(int index) throws IOException {
		Version version = this.versions.get(index);
		if (version != newest()) {
			return frozen(updateName(index), version.updateChecksum(), null);
		}
		String from = this.versions.get(index - 1).name();
		List<String> files = new ArrayList<>(lines("order.txt"));
		files.removeIf((file) -> file.startsWith("install/"));
		files.add(0, "update/" + from + "--" + version.name() + ".sql");
		String script = "-- pg-dispatch " + version.name() + ": updates the schema pgdispatch from version " + from + ".\n\n"
				+ concatenate(files);
		return frozen(updateName(index), version.updateChecksum(), script);
	}

	private String concatenate(List<String> files) throws IOException {
		List<String> texts = new ArrayList<>();
		for (String file : files) {
			texts.add(read(file).replace("@version@", newest().name()).strip() + "\n");
		}
		return String.join("\n\n", texts);
	}

	/**
	 * Returns the script of a released version as it was released, and the one that is
	 * given otherwise.
	 */
	private String frozen(String name, String checksum, String script) throws IOException {
		if (checksum == null) {
			if (script == null) {
				throw new IllegalStateException("versions.txt names no checksum of " + name
						+ ", but only the newest version may be unreleased");
			}
			return script;
		}
		String released = read("released/" + name);
		if (!checksum.equals(sha256(released))) {
			throw new IllegalStateException("released/" + name + " is not what was released: its SHA-256 is "
					+ sha256(released) + ", and versions.txt says " + checksum
					+ ". Restore the file, since a released script must not change");
		}
		if (script != null && !script.equals(released)) {
			throw new IllegalStateException("The schema was changed after " + name
					+ " was released. Undo the change, or add a version: a line in versions.txt, and the file update/"
					+ newest().name() + "--<new version>.sql");
		}
		return released;
	}

	private String control() throws IOException {
		return read("extension/pg_dispatch.control").replace("@version@", newest().name());
	}

	/**
	 * The full script of the newest version, as pg_tle records only the first step of a
	 * chain as a dependency: a dump of what was installed in several cannot be restored.
	 */
	private String pgTleScript() throws IOException {
		String template = read("extension/pgtle.sql");
		int part = template.indexOf("-- Each update:\n");
		String update = template.substring(part + "-- Each update:\n".length(), template.indexOf("-- Finally:\n"));
		StringBuilder updates = new StringBuilder();
		for (int i = 1; i < this.versions.size(); i++) {
			updates.append(update.replace("@from@", this.versions.get(i - 1).name())
				.replace("@to@", this.versions.get(i).name())
				.replace("@update_script@", updateScript(i)));
		}
		return template.substring(0, part).replace("@install_script@", installScript(newest())).replace("@version@",
				newest().name()) + updates
				+ template.substring(template.indexOf("-- Finally:\n") + "-- Finally:\n".length())
					.replace("@version@", newest().name());
	}

	private String changelog() throws IOException {
		String template = read("changelog.xml");
		String install = between(template, "<!-- installation -->", "<!-- update -->");
		String update = between(template, "<!-- update -->", "<!-- end -->");
		StringBuilder changes = new StringBuilder(install.replace("@version@", newest().name()));
		for (int i = 1; i < this.versions.size(); i++) {
			changes.append(update.replace("@from@", this.versions.get(i - 1).name())
				.replace("@to@", this.versions.get(i).name()));
		}
		return template.substring(0, template.indexOf("<!-- installation -->")).stripTrailing() + "\n\n"
				+ changes.toString().strip().indent(0).replaceFirst("^", "\t") + "\n</databaseChangeLog>\n";
	}

	private static String between(String text, String start, String end) {
		return text.substring(text.indexOf(start) + start.length(), text.indexOf(end));
	}

	private static String packed(String script) {
		return compact(withDescriptionsAtTheEnd(withRowSecurityAtTheEnd(withSettingsAtTheEnd(script))));
	}

	/**
	 * Takes the policies out that are the same for several tables, and adds a statement at
	 * the end that gives them to all of these tables.
	 */
	private static String withRowSecurityAtTheEnd(String script) {
		Map<String, List<String>> tables = new LinkedHashMap<>();
		ROW_SECURITY.matcher(script)
			.results()
			.forEach((policy) -> tables.computeIfAbsent(anyTable(policy), (key) -> new ArrayList<>()).add(policy.group(1)));
		tables.values().removeIf((names) -> names.size() < FEWEST_OBJECTS);
		StringBuilder end = new StringBuilder("\nDO $$\nDECLARE\n    policed pg_catalog.text;\nBEGIN\n");
		tables.forEach((policy, names) -> end.append("""
				    FOREACH policed IN ARRAY '%s'::pg_catalog.text[]
				    LOOP EXECUTE pg_catalog.format('%s', policed); END LOOP;
				""".formatted(array(names), policy.replaceAll("\\s+", " "))));
		String rest = ROW_SECURITY.matcher(script)
			.replaceAll((policy) -> tables.containsKey(anyTable(policy)) ? "" : Matcher.quoteReplacement(policy.group()));
		return rest + end.append("END\n$$;\n");
	}

	private static String anyTable(MatchResult policy) {
		return policy.group().replace("pgdispatch." + policy.group(1), "pgdispatch.%1$I");
	}

	/**
	 * Takes settings that several routines have out of their definitions, and adds a
	 * statement at the end that gives them to all of these routines.
	 */
	private static String withSettingsAtTheEnd(String script) {
		Map<String, List<String>> routines = new LinkedHashMap<>();
		List<String> others = new ArrayList<>();
		ROUTINE.matcher(script).results().forEach((routine) -> {
			routines.computeIfAbsent(settings(routine.group()), (key) -> new ArrayList<>()).add(routine.group(1));
			if (!routine.group().contains(PATH)) {
				others.add(routine.group(1));
			}
		});
		routines.remove("");
		routines.values().removeIf((names) -> names.size() < FEWEST_OBJECTS);
		StringBuilder end = new StringBuilder("""

				DO $$
				DECLARE
				    routine pg_catalog.text;
				BEGIN
				    FOR routine IN SELECT p.proname FROM pg_catalog.pg_proc AS p
				     WHERE p.pronamespace OPERATOR(pg_catalog.=) 'pgdispatch'::pg_catalog.regnamespace
				       AND p.proname OPERATOR(pg_catalog.<>) ALL ('%s'::pg_catalog.text[])
				""".formatted(array(others))).append(alterRoutine(PATH));
		routines.forEach((settings, names) -> end
			.append("    FOREACH routine IN ARRAY '%s'::pg_catalog.text[]\n".formatted(array(names)))
			.append(alterRoutine(settings)));
		return ROUTINE.matcher(script)
			.replaceAll((routine) -> Matcher.quoteReplacement(withoutSettings(routine.group(), routines.keySet())))
				+ end.append("END\n$$;\n");
	}

	/**
	 * Returns the settings of a routine, except for its search path, which most routines set.
	 */
	private static String settings(String routine) {
		return SETTING.matcher(routine.replace(PATH, ""))
			.results()
			.map(MatchResult::group)
			.collect(Collectors.joining());
	}

	private static String withoutSettings(String routine, Set<String> takenOut) {
		String shorter = routine.replace(PATH, "");
		return takenOut.contains(settings(shorter)) ? SETTING.matcher(shorter).replaceAll("") : shorter;
	}

	private static String array(List<String> names) {
		return "{" + String.join(",", names) + "}";
	}

	private static String alterRoutine(String settings) {
		return "    LOOP EXECUTE pg_catalog.format('ALTER ROUTINE pgdispatch.%I" + settings.replace("\n", " ").replace("'", "''")
				+ "', routine); END LOOP;\n";
	}

	/**
	 * Takes the descriptions out of statements of their own, and adds a statement at the end
	 * that gives them to all objects. No two routines have the same name, so that their
	 * arguments need not be named.
	 */
	private static String withDescriptionsAtTheEnd(String script) {
		Map<String, List<String>> descriptions = new LinkedHashMap<>();
		String rest = COMMENT.matcher(script).replaceAll((comment) -> {
			String object = switch (comment.group(1)) {
				case "FUNCTION", "PROCEDURE" -> "ROUTINE ~";
				case "COLUMN" -> "COLUMN ~";
				default -> "";
			};
			descriptions.computeIfAbsent(object, (key) -> new ArrayList<>())
				.add("('%s%s', %s)".formatted(object.isEmpty() ? comment.group(1) + " ~" : "", comment.group(2),
						abbreviated(comment.group(3))));
			return "";
		});
		StringBuilder end = new StringBuilder("""

				DO $$
				DECLARE
				    object pg_catalog.text;
				    description pg_catalog.text;
				BEGIN
				""");
		descriptions.forEach((object, rows) -> end.append("""
				    FOR object, description IN VALUES %s
				    LOOP EXECUTE pg_catalog.replace(pg_catalog.replace(
				        pg_catalog.format('COMMENT ON %s%%s IS %%L', object, description), '`', 'Part of ~'), '~', 'pgdispatch.'); END LOOP;
				""".formatted(String.join(",\n", rows), object)));
		return rest + end.append("END\n$$;\n");
	}

	private static String abbreviated(String description) {
		if (description.contains("~") || description.contains("`")) {
			throw new IllegalStateException("dbdev's variant uses these characters itself: " + description);
		}
		return description.replace("pgdispatch.", "~").replace("Part of ~", "`");
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

	private List<String> lines(String file) throws IOException {
		return read(file).lines().filter((line) -> !line.isBlank() && !line.startsWith("#")).toList();
	}

	private String read(String file) throws IOException {
		return Files.readString(this.sources.resolve(file));
	}

	private static void write(Path file, String content) throws IOException {
		Files.writeString(file, content);
	}

	private static String sha256(String content) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A line of versions.txt.
	 *
	 * @param name such as 1.0.0
	 * @param installChecksum of the script that installs it, if it was released
	 * @param updateChecksum of the script that updates to it, if it was released and is
	 * not the first
	 */
	private record Version(String name, String installChecksum, String updateChecksum) {

		static Version parse(String line) {
			String[] parts = line.split("\\s+");
			return new Version(parts[0], (parts.length > 1) ? parts[1] : null, (parts.length > 2) ? parts[2] : null);
		}

	}

}
