import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes everything that installs or updates the schema from the files in
 * {@code src/main/sql}: the scripts, the changelog for Liquibase, and the extension. The
 * build runs it as {@code java SchemaBuild.java <sources> <resources> <extension>}, with two
 * folders to write to.
 */
final class SchemaBuild {

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
