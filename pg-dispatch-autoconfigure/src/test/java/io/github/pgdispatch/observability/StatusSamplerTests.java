package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.awaitility.Awaitility.await;

/**
 * Tests when the queue is counted.
 */
@PostgresTest
class StatusSamplerTests {

	@Test
	void queueIsCountedOnceWhileTheNodeSleeps(TestDatabase database) {
		DataSource dataSource = database.install("app").dataSource("app");
		PgDispatchOperations operations = PgDispatchOperations.create(dataSource,
				new JdbcTransactionManager(dataSource));
		AtomicInteger counts = new AtomicInteger();
		AtomicBoolean asleep = new AtomicBoolean(true);
		StatusSampler sampler = new StatusSampler(operations::status, List.of((status) -> counts.incrementAndGet()),
				Duration.ofMillis(10), Thread::new, asleep::get);
		sampler.start();
		try {
			await().until(() -> counts.get() == 1);
			await().during(Duration.ofMillis(200)).until(() -> counts.get() == 1);
			asleep.set(false);
			await().until(() -> counts.get() > 3);
			asleep.set(true);
			await().until(() -> {
				int before = counts.get();
				Thread.sleep(200);
				return counts.get() == before;
			});
		}
		finally {
			sampler.stop();
		}
	}

}
