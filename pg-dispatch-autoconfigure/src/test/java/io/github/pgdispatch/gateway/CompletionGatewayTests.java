package io.github.pgdispatch.gateway;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link CompletionGateway}, in all the ways in which the JDBC driver talks to
 * the database.
 */
@PostgresTest
class CompletionGatewayTests {

	private static final Duration LEASE = Duration.ofHours(1);

	/**
	 * Number of executions after which the driver has prepared the statements.
	 */
	private static final int TIMES = 8;

	private final UUID node = UUID.randomUUID();

	private TestDatabase database;

	private JdbcClient others;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.others = database.jdbc("app");
		this.others.sql("CREATE TABLE effect (number integer)").update();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "preferQueryMode=simple", "preferQueryMode=extendedCacheEverything",
			"prepareThreshold=1", "prepareThreshold=0", "autosave=always", "autosave=conservative" })
	void commitsWithTheCompletionUnlessTheClaimIsLost(String parameters) throws SQLException {
		SingleConnectionDataSource dataSource = new SingleConnectionDataSource(this.database.url() + "?" + parameters,
				"app", "", true);
		try {
			CompletionGateway gateway = new CompletionGateway(dataSource, this.node, (breaker) -> {
			});
			TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
			JdbcClient jdbc = JdbcClient.create(dataSource);
			for (int i = 1; i <= TIMES; i++) {
				int number = i;
				Claim kept = claim();
				transaction.executeWithoutResult((status) -> {
					insert(jdbc, number);
					assertThat(gateway.completeAndCommit(kept, null, Duration.ZERO, number % 2 == 0)).isTrue();
					assertThat(count("effect")).as("seen by others").isEqualTo(number);
					assertThat(count("pgdispatch.handler_job")).isZero();
				});
				Claim lost = claim();
				this.others.sql("DELETE FROM pgdispatch.handler_job").update();
				transaction.executeWithoutResult((status) -> {
					insert(jdbc, number);
					assertThat(gateway.completeAndCommit(lost, null, Duration.ZERO, number % 2 == 0)).isFalse();
					status.setRollbackOnly();
				});
				assertThat(count("effect")).isEqualTo(number);
			}
		}
		finally {
			dataSource.destroy();
		}
	}

	@Test
	void errorOfALostClaimExplainsIt() throws SQLException {
		Claim claim = claim();
		this.others.sql("UPDATE pgdispatch.handler_job SET claimed_by = gen_random_uuid()").update();
		UncategorizedSQLException error = catchThrowableOfType(UncategorizedSQLException.class,
				() -> this.others.sql("""
						SELECT pgdispatch.complete_handler_job(?, ?, ?, ?, ?, NULL, true)""")
					.params(this.node, claim.handler(), claim.dueAt(), claim.id(), claim.attempt())
					.query()
					.singleValue());
		ServerErrorMessage message = ((PSQLException) error.getSQLException()).getServerErrorMessage();
		assertThat(message).isNotNull();
		assertThat(message.getSQLState()).isEqualTo("PD003");
		assertThat(message.getMessage())
			.isEqualTo("job " + claim.id() + " of some.handler no longer belongs to this node");
		assertThat(message.getDetail())
			.isEqualTo("Node " + this.node + " has released the job, or has not renewed its lease in time.");
		assertThat(message.getHint()).startsWith("Another node runs the job.");
	}

	private Claim claim() throws SQLException {
		this.others.sql("SELECT pgdispatch.dispatch_handler('some.handler')").query().singleValue();
		return new ClaimGateway(this.database.dataSource("app"), this.node, LEASE)
			.claim(List.of(new ClaimRequest("some.handler", 1, null)), 1)
			.get(0);
	}

	private static void insert(JdbcClient jdbc, int number) {
		jdbc.sql("INSERT INTO effect VALUES (?)").param(number).update();
	}

	private int count(String table) {
		return this.others.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

}
