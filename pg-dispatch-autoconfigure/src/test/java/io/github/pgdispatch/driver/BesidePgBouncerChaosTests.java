package io.github.pgdispatch.driver;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Route;
import org.junit.jupiter.api.BeforeEach;

/**
 * Chaos of nodes whose application is connected through PgBouncer, and whose workers are
 * connected directly.
 */
@PgCronTest
class BesidePgBouncerChaosTests extends AbstractHandlerChaosTests {

	BesidePgBouncerChaosTests() {
		super(1_500, 2);
	}

	@BeforeEach
	void prepare(PgCronHost host, PgCronServer server) {
		prepare(Route.besidePgBouncer(host, server));
	}

}
