package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A part of a distributed transaction is prepared, which PostgreSQL refuses after a
 * notification. Citus gives the session of a part the name that is used here.
 */
class DistributedTransactionTests extends AbstractQueueTests {

	DistributedTransactionTests(TestDatabase database) {
		super(database);
	}

	@Test
	void partThatDispatchesIsPreparedAlthoughADriverAndANodeAreIdle() throws SQLException {
		try (Session idle = this.queue.app()) {
			idle.run("SELECT pgdispatch.poll_queue(100, true)",
					"SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{h}', true)");
			this.app.run("SET application_name = 'citus_internal gpid=10000000001'", "BEGIN",
					"SELECT pgdispatch.fire($$" + Queue.effect("fired") + "$$)",
					"SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'o')",
					"SELECT pgdispatch.dispatch_handler('h')",
					"SELECT pgdispatch.cancel(pgdispatch.dispatch('SELECT 1', result => 'rows'))",
					"PREPARE TRANSACTION 'part'", "COMMIT PREPARED 'part'");
		}
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactly("fired");
	}

}
