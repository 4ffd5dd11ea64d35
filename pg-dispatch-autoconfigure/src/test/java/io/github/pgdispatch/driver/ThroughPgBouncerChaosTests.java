package io.github.pgdispatch.driver;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Route;
import org.junit.jupiter.api.BeforeEach;

/**
 * Chaos of nodes that are connected through PgBouncer, with all that they have.
 */
@PgCronTest
class ThroughPgBouncerChaosTests extends AbstractHandlerChaosTests {

	ThroughPgBouncerChaosTests() {
		super(1_500, 2);
	}

	@BeforeEach
	void prepare(PgCronHost host, PgCronServer server) {
		prepare(Route.throughPgBouncer(host, server));
	}

}
