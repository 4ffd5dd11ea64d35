package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimedRow;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link UncertainClaims}: whether it finds the jobs that are there, whenever
 * their commit arrives.
 */
@PostgresTest
class UncertainClaimsTests {

	private final UUID node = UUID.randomUUID();

	private final ClaimedJobs jobs = new ClaimedJobs(Runnable::run, 1, (claim) -> Outcome.done(claim, null));

	private JdbcClient jdbc;

	private UncertainClaims claims;

	private Duration later = Duration.ZERO;

	@BeforeEach
	void install(TestDatabase database) {
		database.install("app");
		this.jdbc = database.jdbc("app");
		this.claims = new UncertainClaims(
				new ClaimGateway(database.dataSource("app"), this.node, Duration.ofSeconds(10)), this.jobs,
				() -> System.nanoTime() + this.later.toNanos());
	}

	@Test
	void jobWhoseCommitArrivesLateIsGivenBack() throws SQLException {
		Claim late = claim(this.jdbc.sql("SELECT nextval('pgdispatch.job_id_seq')").query(Long.class).single(),
				OffsetDateTime.parse("2026-01-01T00:00:00Z"));
		this.claims.mayHold(late);
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.claims.within(Duration.ofHours(1), true)).isLessThan(Duration.ofSeconds(1));
		write(late, this.node);
		await().until(() -> this.claims.look(true));
		assertThat(this.jobs.takeOutcomes()).containsExactly(Outcome.released(late, Duration.ZERO));
		assertThat(this.claims.within(Duration.ofHours(1), true)).isEqualTo(Duration.ofHours(1));
	}

	@Test
	void nodeWithoutALeaseLooksForAMinuteOnly() throws SQLException {
		Claim late = claim(this.jdbc.sql("SELECT nextval('pgdispatch.job_id_seq')").query(Long.class).single(),
				OffsetDateTime.parse("2026-01-01T00:00:00Z"));
		this.claims.mayHold(late);
		this.later = Duration.ofSeconds(59);
		assertThat(this.claims.look(false)).isFalse();
		assertThat(this.claims.within(Duration.ofHours(1), false)).isLessThan(Duration.ofMinutes(1));
		write(late, this.node);
		this.later = Duration.ofMinutes(3);
		assertThat(this.claims.within(Duration.ofHours(1), false)).isEqualTo(Duration.ofHours(1));
		assertThat(this.claims.look(false)).isFalse();
		assertThat(this.claims.within(Duration.ofHours(1), true)).isLessThan(Duration.ofSeconds(1));
		assertThat(this.claims.look(true)).isTrue();
		assertThat(this.jobs.takeOutcomes()).containsExactly(Outcome.released(late, Duration.ZERO));
	}

	/**
	 * It was released as that of an unknown claim, and the new claim is for the same
	 * attempt.
	 */
	@Test
	void jobThatTheNodeHasClaimedAnewIsNotGivenBack() throws SQLException {
		Claim claim = write(this.node);
		this.claims.mayHold(claim);
		this.jobs.outstanding().add(claim);
		assertThat(this.claims.look(true)).isFalse();
		this.jobs.outstanding().remove(claim);
		assertThat(this.claims.within(Duration.ofHours(1), true)).isEqualTo(Duration.ofHours(1));
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.jobs.takeOutcomes()).isEmpty();
	}

	@Test
	void jobThatWasCancelledMeanwhileIsGivenBack() throws SQLException {
		Claim claim = write(this.node);
		this.jdbc.sql("UPDATE pgdispatch.handler_job SET cancelled = true").update();
		this.claims.mayHold(claim);
		assertThat(this.claims.look(true)).isTrue();
		assertThat(this.jobs.takeOutcomes()).containsExactly(Outcome.released(claim, Duration.ZERO));
	}

	@Test
	void onlyJobsThatAreThereRun() throws SQLException {
		Claim there = write(this.node);
		Claim takenOver = write(UUID.randomUUID());
		Claim undone = claim(takenOver.id() + 1, takenOver.dueAt());
		for (Claim claim : List.of(there, takenOver, undone)) {
			this.jobs.outstanding().add(claim);
		}
		for (Claim claim : List.of(there, takenOver, undone)) {
			this.claims.confirm(row(claim));
		}
		assertThat(this.jobs.takeOutcomes()).isEmpty();
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.jobs.takeOutcomes()).extracting(Outcome::claim, Outcome::kind)
			.containsExactly(tuple(there, Outcome.Kind.DONE));
		assertThat(this.jobs.outstanding().ids()).containsExactly(there.id());
	}

	@Test
	void onlyJobOfTheNodeNeedNotWaitForTheClaimLoop() throws SQLException {
		Claim claim = write(this.node);
		this.jobs.outstanding().add(claim);
		this.claims.confirm(row(claim));
		assertThat(this.jobs.takeOutcomes()).extracting(Outcome::claim, Outcome::kind)
			.containsExactly(tuple(claim, Outcome.Kind.DONE));
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.jobs.takeOutcomes()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "DELETE FROM pgdispatch.handler_job",
			"UPDATE pgdispatch.handler_job SET claimed_by = gen_random_uuid()",
			"UPDATE pgdispatch.handler_job SET claimed_by = NULL, attempts = 0",
			"DELETE FROM pgdispatch.handler_job; VACUUM pgdispatch.handler_job;"
					+ "INSERT INTO pgdispatch.handler_job (handler, arguments) VALUES ('handler', '{}')" })
	void onlyJobOfTheNodeDoesNotRunIfItsClaimDoesNotHold(String change) throws SQLException {
		Claim claim = write(this.node);
		ClaimedRow row = row(claim);
		for (String statement : change.split(";")) {
			this.jdbc.sql(statement).update();
		}
		this.jobs.outstanding().add(claim);
		this.claims.confirm(row);
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.jobs.takeOutcomes()).isEmpty();
		assertThat(this.jobs.outstanding().ids()).isEmpty();
	}

	@Test
	void onlyJobOfTheNodeRunsIfItsRowWasMoved() throws SQLException {
		Claim claim = write(this.node);
		ClaimedRow row = row(claim);
		this.jdbc.sql("UPDATE pgdispatch.handler_job SET queue = 'another'").update();
		this.jobs.outstanding().add(claim);
		this.claims.confirm(row);
		assertThat(this.jobs.takeOutcomes()).isEmpty();
		assertThat(this.claims.look(true)).isFalse();
		assertThat(this.jobs.takeOutcomes()).extracting(Outcome::claim, Outcome::kind)
			.containsExactly(tuple(claim, Outcome.Kind.DONE));
	}

	private ClaimedRow row(Claim claim) {
		return new ClaimedRow(claim,
				this.jdbc.sql("SELECT ctid FROM pgdispatch.handler_job WHERE id = ?")
					.param(claim.id())
					.query(String.class)
					.optional()
					.orElse("(0,1)"),
				true, true);
	}

	private Claim write(UUID claimedBy) {
		Claim claim = this.jdbc.sql("SELECT nextval('pgdispatch.job_id_seq'), now()")
			.query((row, number) -> claim(row.getLong(1), row.getObject(2, OffsetDateTime.class)))
			.single();
		write(claim, claimedBy);
		return claim;
	}

	private void write(Claim claim, UUID claimedBy) {
		this.jdbc.sql("""
				INSERT INTO pgdispatch.handler_job (handler, due_at, id, arguments, claimed_by, attempts)
				VALUES ('handler', ?, ?, '{}', ?, 1)""").params(claim.dueAt(), claim.id(), claimedBy).update();
	}

	private static Claim claim(long id, OffsetDateTime dueAt) {
		return new Claim("handler", dueAt, id, 1, dueAt, "{}", null, null, null, false, false);
	}

}
