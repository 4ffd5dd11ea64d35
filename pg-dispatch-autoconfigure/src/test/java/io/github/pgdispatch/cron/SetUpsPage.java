package io.github.pgdispatch.cron;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.github.pgdispatch.test.PgCronServer;

/**
 * The page {@code docs/pg-cron.md}, whose blocks of SQL say who runs them.
 */
final class SetUpsPage {

	private static final Pattern BLOCK = Pattern
		.compile("```sql\n(-- As (an administrator|\\w+)(, in the database of pg_cron)?\n.*?)```", Pattern.DOTALL);

	private final String text;

	private final PgCronServer server;

	SetUpsPage(PgCronServer server) {
		this.server = server;
		try {
			this.text = Files.readString(Path.of("..", "docs", "pg-cron.md"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Runs a block as a DBA would, with psql.
	 * @param heading of its section
	 * @param number of the block in that section, from 1
	 */
	void run(String heading, int number) {
		MatchResult block = blocks(section(heading)).get(number - 1);
		String role = block.group(2).equals("an administrator") ? "postgres" : block.group(2);
		String file = this.server.write("block.sql", block.group(1));
		this.server.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", role, "-d", this.server.database().name(),
				"-f", file);
	}

	String block(String heading, int number) {
		return blocks(section(heading)).get(number - 1).group(1);
	}

	/**
	 * Returns a section with its line breaks as spaces.
	 * @param heading of the section
	 */
	String text(String heading) {
		return section(heading).replaceAll("\\s+", " ");
	}

	/**
	 * How many blocks of the page can be run.
	 */
	int blocks() {
		return blocks(this.text).size();
	}

	/**
	 * How many blocks there are, of any kind.
	 */
	int fences() {
		return (int) this.text.lines().filter((line) -> line.startsWith("```")).count() / 2;
	}

	private String section(String heading) {
		int start = this.text.indexOf("\n## " + heading + "\n");
		if (start < 0) {
			throw new IllegalArgumentException("There is no section " + heading);
		}
		int end = this.text.indexOf("\n## ", start + 1);
		return this.text.substring(start, (end > 0) ? end : this.text.length());
	}

	private static List<MatchResult> blocks(String text) {
		return BLOCK.matcher(text).results().toList();
	}

}
