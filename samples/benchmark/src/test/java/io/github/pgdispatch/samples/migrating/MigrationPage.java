package io.github.pgdispatch.samples.migrating;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A page in {@code docs/migrating}, whose SQL is run in its order.
 *
 * @param file its name
 */
public record MigrationPage(String file) {

	private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

	/**
	 * Runs all of its SQL.
	 * @param jdbc of the role that owns the tables
	 */
	public void run(JdbcTemplate jdbc) {
		blocks().forEach((block) -> {
			try {
				jdbc.execute(block);
			}
			catch (RuntimeException ex) {
				throw new AssertionError(this.file + ":\n" + block, ex);
			}
		});
	}

	private List<String> blocks() {
		try {
			String text = Files.readString(Path.of("..", "..", "docs", "migrating", this.file));
			return SQL.matcher(text).results().map((block) -> block.group(1)).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
