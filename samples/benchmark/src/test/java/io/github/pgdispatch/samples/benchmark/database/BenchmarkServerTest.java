package io.github.pgdispatch.samples.benchmark.database;

import io.github.pgdispatch.test.PgCronHost;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Tests on a server as the benchmark has it, one for all of them.
 */
@TestInstance(Lifecycle.PER_CLASS)
public abstract class BenchmarkServerTest {

	private BenchmarkServer server;

	@BeforeAll
	final void start(PgCronHost host) {
		this.server = BenchmarkServer.start(host);
	}

	@AfterAll
	final void stop() {
		this.server.close();
	}

	protected final BenchmarkServer server() {
		return this.server;
	}

}
