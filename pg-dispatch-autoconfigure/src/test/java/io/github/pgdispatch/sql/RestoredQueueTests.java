package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A queue that was restored to an earlier time can be looked through before any of its
 * jobs runs, as the page "In production" says.
 */
class RestoredQueueTests extends AbstractQueueTests {

	private static final String DEAD = "00000000-0000-0000-0000-00000000dead";

	RestoredQueueTests(TestDatabase database) {
		super(database);
	}

	@Test
	void whatMustNotHappenAgainIsCancelledBeforeItBegins() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('mail.send') FROM generate_series(1, 2)",
				"SELECT pgdispatch.dispatch_handler('index.add')",
				"SELECT pgdispatch.claim_handler_jobs('" + DEAD + "', '10 ms', '{mail.send}', '{1}', 1)");
		this.app.run("SELECT pgdispatch.pause()", "SELECT pg_sleep(0.1)");
		Node node = new Node(this.app);
		assertThat(node.claim(10, "mail.send", "index.add")).isEmpty();
		assertThat(this.app.values("SELECT name FROM pgdispatch.jobs(max_count => 100)"))
			.containsExactlyInAnyOrder("mail.send", "mail.send", "index.add");
		assertThat(this.app.value("SELECT pgdispatch.cancel_jobs(kind => 'handler', name => 'mail.send')"))
			.isEqualTo("2");
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(node.claim(10, "mail.send", "index.add")).hasSize(1);
	}

}
