package io.github.pgdispatch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Tests for {@link PgDispatchOperations}.
 */
@PostgresTest
class PgDispatchOperationsTests {

	private static final DeadLetterFilter ALL = DeadLetterFilter.all();

	private Session session;

	private TransactionTemplate transaction;

	private PgDispatchOperations operations;

	@BeforeEach
	void install(TestDatabase database) throws Exception {
		DataSource dataSource = database.install("app").dataSource("app");
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(dataSource);
		this.session = new Session(database, "app");
		this.transaction = new TransactionTemplate(transactionManager);
		this.operations = PgDispatchOperations.create(dataSource, transactionManager);
		this.session.run("CREATE TABLE effect (name text)");
	}

	@AfterEach
	void close() throws Exception {
		this.session.close();
	}

	private long failed(String command, String options) throws Exception {
		long id = Long.parseLong(this.session
			.value("SELECT pgdispatch.dispatch($command$" + command + "$command$, notify => false" + options + ")"));
		this.session.work();
		return id;
	}

	private long failed(String command) throws Exception {
		return failed(command, "");
	}

	private String jobs() throws Exception {
		return this.session.value("SELECT count(*) FROM pgdispatch.job");
	}

	@Test
	void deadLetterHasAllThatIsKnown() throws Exception {
		Instant before = Instant.parse(this.session.value("SELECT to_json(clock_timestamp())")
			.replace("\"", "")
			.replaceAll("[+]00(:00)?$", "Z"));
		long id = failed("SELECT 1 / 0", ", time_limit => '1 minute', headers => '{\"trace\": \"a\", \"span\": 1}'");
		DeadLetter letter = this.operations.deadLetter(id).orElseThrow();
		assertThat(this.operations.deadLetters(ALL)).containsExactly(letter);
		assertThat(letter.id()).isEqualTo(id);
		assertThat(letter.command()).isEqualTo("SELECT 1 / 0");
		assertThat(letter.handler()).isNull();
		assertThat(letter.arguments()).isNull();
		assertThat(letter.headers()).isEqualTo(Map.of("trace", "a", "span", "1"));
		assertThat(letter.options()).contains("\"time_limit\": \"00:01:00\"");
		assertThat(letter.dispatchedAt()).isBetween(before, letter.failedAt());
		assertThat(letter.dueAt()).isBetween(before, letter.failedAt());
		assertThat(letter.attempts()).isOne();
		assertThat(letter.crashes()).isZero();
		assertThat(letter.sqlState()).isEqualTo("22012");
		assertThat(letter.message()).isEqualTo("division by zero");
	}

	@Test
	void deadLetterOfAHandlerHasItsArguments() throws Exception {
		this.session
			.run("""
					INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, dispatched_at, due_at, crashes, message)
					VALUES ('app'::regrole, 3, 'mails.send', '{"to": 7}', now(), now(), 1, 'java.io.IOException')""");
		DeadLetter letter = this.operations.deadLetter(3).orElseThrow();
		assertThat(letter.command()).isNull();
		assertThat(letter.handler()).isEqualTo("mails.send");
		assertThat(letter.arguments()).isEqualTo("{\"to\": 7}");
		assertThat(letter.headers()).isEmpty();
		assertThat(letter.options()).isNull();
		assertThat(letter.sqlState()).isNull();
		assertThat(letter.crashes()).isOne();
	}

	@Test
	void filterLetsThroughWhatFitsAllOfIt() throws Exception {
		long zero = failed("SELECT 1 / 0");
		Instant between = this.operations.deadLetter(zero).orElseThrow().failedAt().plusNanos(1_000);
		long missing = failed("SELECT no_such_function()");
		assertThat(ids(ALL)).containsExactly(zero, missing);
		assertThat(ids(ALL.sqlState("22012"))).containsExactly(zero);
		assertThat(ids(ALL.sqlState("22013"))).isEmpty();
		assertThat(ids(ALL.text("DIVISION"))).containsExactly(zero);
		assertThat(ids(ALL.text("%"))).isEmpty();
		assertThat(ids(ALL.since(between))).containsExactly(missing);
		assertThat(ids(ALL.until(between))).containsExactly(zero);
		assertThat(ids(ALL.until(between).text("function"))).isEmpty();
		assertThat(ids(ALL.limit(1))).containsExactly(zero);
		assertThat(ids(ALL.handler("mails.send"))).isEmpty();
	}

	private List<Long> ids(DeadLetterFilter filter) {
		return this.operations.deadLetters(filter).stream().map(DeadLetter::id).toList();
	}

	@Test
	void latestDeadLettersComeFirstPageByPage() throws Exception {
		// Those that fail in one transaction have the same time.
		this.session
			.run("""
					INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, dispatched_at, due_at, failed_at, crashes, message)
					SELECT 'app'::regrole, i, 'mails.send', '{}', now(), now(), now() - (i % 2) * interval '1 hour', 0, 'no' FROM generate_series(1, 5) AS i""");
		DeadLetterPage first = this.operations.latestDeadLetters(ALL.limit(2), null);
		assertThat(first.deadLetters()).extracting(DeadLetter::id).containsExactly(4L, 2L);
		DeadLetterPage second = this.operations.latestDeadLetters(ALL.limit(2), first.next());
		assertThat(second.deadLetters()).extracting(DeadLetter::id).containsExactly(5L, 3L);
		DeadLetterPage third = this.operations.latestDeadLetters(ALL.limit(2), second.next());
		assertThat(third.deadLetters()).extracting(DeadLetter::id).containsExactly(1L);
		assertThat(third.next()).isNull();
		assertThat(this.operations.latestDeadLetters(ALL.handler("mails.receive"), null).deadLetters()).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.latestDeadLetters(ALL, "today"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.latestDeadLetters(ALL, "today/1"));
	}

	@Test
	void deadLettersAreGroupedByWhatFailedAndWhy() throws Exception {
		failed("SELECT 1 / 0", ", label => 'divide'");
		failed("SELECT 2 / 0", ", label => 'divide'");
		failed("SELECT no_such_function()", ", label => 'divide'");
		this.session
			.run("""
					INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, dispatched_at, due_at, failed_at, crashes, message)
					SELECT 'app'::regrole, -i, 'mails.send', '{}', now(), now(), now() - i * interval '1 hour', 0, 'java.io.IOException: ' || i FROM generate_series(1, 3) AS i""");
		List<DeadLetterGroup> groups = this.operations.deadLetterGroups(ALL);
		assertThat(groups)
			.extracting(DeadLetterGroup::handler, DeadLetterGroup::label, DeadLetterGroup::sqlState,
					DeadLetterGroup::exception, DeadLetterGroup::count)
			.containsExactly(tuple("mails.send", null, null, "java.io.IOException", 3L),
					tuple(null, "divide", "22012", null, 2L), tuple(null, "divide", "42883", null, 1L));
		assertThat(groups.get(0).message()).isEqualTo("java.io.IOException: 1");
		assertThat(groups.get(0).latest()).isEqualTo(groups.get(0).oldest().plus(Duration.ofHours(2)));
		assertThat(this.operations.deadLetterGroups(ALL.handler("mails.send").limit(2))).singleElement()
			.extracting(DeadLetterGroup::count)
			.isEqualTo(2L);
	}

	@Test
	void retriedDeadLetterIsAJobAgain() throws Exception {
		long id = failed("INSERT INTO effect SELECT name FROM missing");
		this.session.run("CREATE TABLE missing (name text)", "INSERT INTO missing VALUES ('there')");
		assertThat(this.operations.retry(id)).isTrue();
		assertThat(this.operations.retry(id)).isFalse();
		assertThat(this.operations.deadLetter(id)).isEmpty();
		assertThat(this.session.value("SELECT id FROM pgdispatch.job")).isEqualTo(String.valueOf(id));
		this.session.work();
		assertThat(this.session.values("SELECT name FROM effect")).containsExactly("there");
	}

	@Test
	void retriesAndDeletesByFilter() throws Exception {
		failed("SELECT 1 / 0");
		failed("SELECT 2 / 0");
		failed("SELECT no_such_function()");
		assertThat(this.operations.retry(ALL.sqlState("22012").limit(1))).isOne();
		assertThat(this.session.values("SELECT command FROM pgdispatch.job")).containsExactly("SELECT 1 / 0");
		assertThat(this.operations.delete(ALL.sqlState("22012"))).isOne();
		assertThat(this.operations.deadLetters(ALL)).singleElement()
			.extracting(DeadLetter::command)
			.isEqualTo("SELECT no_such_function()");
		assertThat(this.operations.delete(ALL)).isOne();
		assertThat(this.operations.retry(ALL)).isZero();
	}

	@Test
	void deletesOne() throws Exception {
		long id = failed("SELECT 1 / 0");
		assertThat(this.operations.delete(id)).isTrue();
		assertThat(this.operations.delete(id)).isFalse();
		assertThat(this.operations.deadLetters(ALL)).isEmpty();
	}

	@Test
	void othersDeadLettersAreLeftAlone(TestDatabase database) throws Exception {
		try (Session admin = new Session(database, "postgres")) {
			admin.run("""
					INSERT INTO pgdispatch.dead_letter (role, id, command, dispatched_at, due_at, crashes, message)
					VALUES ('postgres'::regrole, 3, 'SELECT 1', now(), now(), 0, 'secret')""");
		}
		assertThat(this.operations.deadLetters(ALL)).isEmpty();
		assertThat(this.operations.deadLetter(3)).isEmpty();
		assertThat(this.operations.retry(ALL)).isZero();
		assertThat(this.operations.delete(ALL)).isZero();
		assertThat(this.operations.delete(3)).isFalse();
	}

	@Test
	void joinsTheTransaction() throws Exception {
		long id = failed("SELECT 1 / 0");
		this.transaction.executeWithoutResult((status) -> {
			assertThat(this.operations.retry(id)).isTrue();
			this.operations.pause();
			this.operations.setQueue("mail", QueueLimits.none());
			status.setRollbackOnly();
		});
		assertThat(this.operations.deadLetter(id)).isPresent();
		assertThat(this.session.values("SELECT handler FROM pgdispatch.pause")).isEmpty();
		assertThat(this.session.values("SELECT name FROM pgdispatch.queue")).isEmpty();
	}

	@Test
	void pausesEverything() throws Exception {
		this.operations.pause();
		this.session.fire("INSERT INTO effect VALUES ('fired')");
		this.session.work();
		assertThat(jobs()).isEqualTo("1");
		this.operations.resume();
		this.session.work();
		assertThat(jobs()).isEqualTo("0");
	}

	@Test
	void pausesAHandler() throws Exception {
		this.operations.pauseHandler("mails.send");
		assertThat(this.session.values("SELECT handler FROM pgdispatch.pause")).containsExactly("mails.send");
		this.operations.resumeHandler("mails.send");
		assertThat(this.session.values("SELECT handler FROM pgdispatch.pause")).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.pauseHandler(" "));
	}

	@Test
	void pausesAQueue() throws Exception {
		this.operations.setQueue("mail", QueueLimits.none());
		this.operations.pauseQueue("mail");
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', queue => 'mail')");
		this.session.work();
		assertThat(jobs()).isEqualTo("1");
		this.operations.resumeQueue("mail");
		this.session.work();
		assertThat(jobs()).isEqualTo("0");
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> this.operations.pauseQueue("post"))
			.havingRootCause()
			.withMessageContaining("there is no queue post");
	}

	@Test
	void setsAndDropsQueues() throws Exception {
		this.operations.setQueue("mail", QueueLimits.none().concurrency(4).rate(100, Duration.ofMillis(1_500)));
		this.operations.setQueue("post", QueueLimits.none().concurrency(1));
		assertThat(this.session.values("SELECT concat_ws(' ', name, concurrency, rate, per) FROM pgdispatch.queue"))
			.containsExactlyInAnyOrder("mail 4 100 00:00:01.5", "post 1 00:00:01");
		assertThat(this.operations.dropQueue("mail")).isTrue();
		assertThat(this.operations.dropQueue("mail")).isFalse();
	}

	@Test
	void badInputIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.setQueue(" ", QueueLimits.none()));
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.dropQueue(""));
		for (Duration retention : new Duration[] { Duration.ofSeconds(-1), Duration.ofDays(3_653) }) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.operations.keepHistory(retention));
			assertThatIllegalArgumentException().isThrownBy(() -> this.operations.keepHistory("mail", retention));
		}
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().concurrency(0));
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().rate(0, Duration.ofSeconds(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().rate(1, Duration.ZERO));
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().perKey(1));
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().concurrency(1).perKey(2));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> QueueLimits.none().concurrency(1).ratePerKey(1, Duration.ofSeconds(1)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> QueueLimits.none().concurrency(1).perKey(1).ratePerKey(0, Duration.ofSeconds(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> QueueLimits.none().breaker(1, Duration.ofSeconds(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> ALL.limit(0));
		assertThatIllegalArgumentException().isThrownBy(() -> ALL.sqlState("23"));
		assertThatIllegalArgumentException().isThrownBy(() -> ALL.text(""));
		assertThatIllegalArgumentException().isThrownBy(() -> ALL.handler(" "));
	}

	@Test
	void statusTellsWhatWaitsAndWhatFailed() throws Exception {
		failed("SELECT 1 / 0", ", label => 'divide'");
		this.operations.setQueue("mail", QueueLimits.none().concurrency(2));
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', '1 hour', queue => 'mail', label => 'later')",
				"SELECT pgdispatch.dispatch_handler('mails.send')");
		this.operations.pauseHandler("mails.send");
		PgDispatchStatus status = this.operations.status();
		assertThat(status.jobs())
			.extracting(PgDispatchStatus.Jobs::kind, PgDispatchStatus.Jobs::name, PgDispatchStatus.Jobs::queue,
					PgDispatchStatus.Jobs::state, PgDispatchStatus.Jobs::count)
			.containsExactlyInAnyOrder(tuple(JobKind.SQL, "later", "mail", JobState.SNOOZED, 1L),
					tuple(JobKind.HANDLER, "mails.send", null, JobState.HELD, 1L));
		assertThat(status.jobs()).allMatch(PgDispatchStatus.Jobs::exact);
		assertThat(status.deadLetters())
			.extracting(PgDispatchStatus.DeadLetters::name, PgDispatchStatus.DeadLetters::count)
			.containsExactly(tuple("divide", 1L));
		assertThat(status.queues()).containsExactly(new PgDispatchStatus.Queue("mail", false, 0, 2L));
		assertThat(status.pausedHandlers()).containsExactly("mails.send");
		assertThat(status.paused()).isFalse();
		assertThat(status.applicationConnected()).isFalse();
		assertThat(status.nodes()).isZero();
		assertThat(status.cronWorkers()).isZero();
	}

	@Test
	void jobsAreListedPageByPage() throws Exception {
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', label => 'a') FROM generate_series(1, 5)",
				"SELECT pgdispatch.dispatch('SELECT 1', '1 hour', label => 'b', headers => '{\"trace\": \"t\"}')");
		JobPage first = this.operations.jobs(JobFilter.all().name("a").limit(3));
		assertThat(first.jobs()).hasSize(3).allMatch((job) -> "a".equals(job.name()));
		assertThat(first.next()).isNotNull();
		JobPage second = this.operations.jobs(JobFilter.all().name("a").limit(3).after(first.next()));
		assertThat(second.jobs()).hasSize(2).doesNotContainAnyElementsOf(first.jobs());
		assertThat(second.next()).isNull();
		ListedJob later = this.operations.jobs(JobFilter.all().kind(JobKind.SQL).state(JobState.SNOOZED)).jobs().get(0);
		assertThat(later.name()).isEqualTo("b");
		assertThat(later.headers()).containsEntry("trace", "t");
		assertThat(later.dueAt()).isAfter(later.dispatchedAt());
		assertThat(this.operations.jobs(JobFilter.all().queue("none")).jobs()).isEmpty();
	}

	@Test
	void stepsAreListed() throws Exception {
		this.session.run("""
				INSERT INTO pgdispatch.step (role, job_id, name, result, ended_at)
				SELECT quote_ident(CURRENT_USER)::regrole, 7, name, result, now() + n * interval '1 s'
				  FROM (VALUES (1, 'one', '{"a":1}'::json), (2, 'nap', NULL)) AS s (n, name, result)""");
		assertThat(this.operations.steps(7)).extracting(JobStep::name, JobStep::result)
			.containsExactly(tuple("one", "{\"a\":1}"), tuple("nap", null));
		assertThat(this.operations.steps(8)).isEmpty();
	}

	@Test
	void attemptsAreListed() throws Exception {
		this.operations.keepHistory(Duration.ofDays(7));
		long id = failed("SELECT 1 / 0", ", max_attempts => 2, back_off => '1 hour'");
		assertThat(this.operations.attempts(id)).singleElement().satisfies((attempt) -> {
			assertThat(attempt.number()).isEqualTo(1);
			assertThat(attempt.outcome()).isEqualTo(JobAttempt.Outcome.RETRIED);
			assertThat(attempt.startedAt()).isBefore(attempt.endedAt());
			assertThat(attempt.sqlState()).isEqualTo("22012");
			assertThat(attempt.message()).isEqualTo("division by zero");
		});
		assertThat(this.operations.history(HistoryFilter.all()).jobs()).isEmpty();
		this.operations.runNow(id);
		this.session.run("CALL pgdispatch.work()");
		assertThat(this.operations.attempts(id)).extracting(JobAttempt::outcome)
			.containsExactly(JobAttempt.Outcome.RETRIED, JobAttempt.Outcome.FAILED);
	}

	@Test
	void historyIsKeptAndListedPageByPage() throws Exception {
		this.operations.setQueue("mail", QueueLimits.none());
		this.operations.keepHistory(Duration.ofDays(7));
		this.operations.keepHistory("mail", Duration.ZERO);
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', label => 'a') FROM generate_series(1, 5)",
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'mail', queue => 'mail')");
		long failed = failed("SELECT 1 / 0", ", label => 'b'");
		HistoryFilter all = HistoryFilter.all();
		assertThat(this.operations.history(all).jobs()).hasSize(6);
		EndedJob last = this.operations.history(all.limit(1).outcome(JobState.FAILED)).jobs().get(0);
		assertThat(last.id()).isEqualTo(failed);
		assertThat(last.kind()).isEqualTo(JobKind.SQL);
		assertThat(last.name()).isEqualTo("b");
		assertThat(last.sqlState()).isEqualTo("22012");
		assertThat(last.message()).isEqualTo("division by zero");
		assertThat(last.startedAt()).isBetween(last.dueAt(), last.endedAt());
		HistoryPage first = this.operations.history(all.name("a").limit(3));
		assertThat(first.next()).isNotNull();
		HistoryPage second = this.operations.history(all.name("a").limit(3).after(first.next()));
		assertThat(second.jobs()).hasSize(2).doesNotContainAnyElementsOf(first.jobs());
		assertThat(second.next()).isNull();
		assertThat(this.operations.history(all.kind(JobKind.HANDLER)).jobs()).isEmpty();
		assertThat(this.operations.history(all.queue("mail")).jobs()).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> all.outcome(JobState.WAITING))
			.withMessage("No job has ended that is WAITING");
	}

	@Test
	void jobsAreChosenByTheirIds() throws Exception {
		long later = Long.parseLong(this.session.value("SELECT pgdispatch.dispatch('SELECT 1', '1 hour')"));
		long other = Long
			.parseLong(this.session.value("SELECT pgdispatch.dispatch_handler('mails.send', '{}', '1 hour')"));
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', '1 hour')");
		JobFilter both = JobFilter.all().ids(List.of(later, other, 1_000_000L));
		assertThat(this.operations.count(both)).isEqualTo(2);
		assertThat(this.operations.jobs(both).jobs()).extracting(ListedJob::id).containsExactlyInAnyOrder(later, other);
		assertThat(this.operations.runNow(both.limit(1))).isOne();
		assertThat(this.operations.runNow(both)).isOne();
		assertThat(this.operations.runNow(both)).isZero();
		assertThat(this.operations.cancel(both)).isEqualTo(2);
		assertThat(this.operations.runNow(JobFilter.all())).isOne();
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.operations.runNow(JobFilter.all().state(JobState.HELD)))
			.withMessage("Only snoozed jobs are made due");
	}

	@Test
	void jobsAreMovedByFilter() throws Exception {
		this.operations.setQueue("mail", QueueLimits.none());
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', label => 'a') FROM generate_series(1, 5)");
		assertThat(this.operations.move(JobFilter.all().name("a").limit(2), "mail")).isEqualTo(2);
		assertThat(this.operations.count(JobFilter.all().queue("mail"))).isEqualTo(2);
		assertThat(this.operations.move(JobFilter.all().queue("mail"), null)).isEqualTo(2);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.operations.move(JobFilter.all().state(JobState.RUNNING), "mail"))
			.withMessage("Jobs that run are not moved");
	}

	@Test
	void jobsAreCountedAndCancelledByFilter() throws Exception {
		this.session.run("SELECT pgdispatch.dispatch('SELECT 1', label => 'a') FROM generate_series(1, 5)",
				"SELECT pgdispatch.dispatch_handler('mails.send', key => 'k')",
				"SELECT pgdispatch.dispatch('SELECT 1', '1 hour', label => 'b')");
		JobFilter labelled = JobFilter.all().name("a");
		assertThat(this.operations.count(labelled)).isEqualTo(5);
		assertThat(this.operations.count(labelled.limit(3))).isEqualTo(3);
		this.transaction.executeWithoutResult((status) -> {
			assertThat(this.operations.cancel(labelled)).isEqualTo(5);
			status.setRollbackOnly();
		});
		assertThat(this.operations.cancel(labelled.limit(3))).isEqualTo(3);
		assertThat(this.operations.count(labelled)).isEqualTo(2);
		assertThat(this.operations.cancel(JobFilter.all().kind(JobKind.HANDLER))).isOne();
		assertThat(this.operations.count(JobFilter.all())).isEqualTo(3);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.operations.cancel(JobFilter.all().state(JobState.RUNNING)))
			.withMessageContaining("one by one");
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.cancel(JobFilter.all().after("now/1")))
			.withMessageContaining("page");
	}

	@Test
	void deadLettersAreCountedByFilter() throws Exception {
		failed("SELECT 1 / 0", ", label => 'divide'");
		failed("SELECT 1 / 0");
		assertThat(this.operations.count(ALL)).isEqualTo(2);
		assertThat(this.operations.count(ALL.label("divide"))).isOne();
	}

	@Test
	void filterOfJobsIsChecked() {
		JobFilter all = JobFilter.all();
		assertThatIllegalArgumentException().isThrownBy(() -> all.state(JobState.DONE)).withMessageContaining("DONE");
		assertThatIllegalArgumentException().isThrownBy(() -> all.limit(0)).withMessageContaining("but is 0");
		assertThatIllegalArgumentException().isThrownBy(() -> all.limit(10_001)).withMessageContaining("10001");
		assertThatIllegalArgumentException().isThrownBy(() -> all.name(" ")).withMessageContaining("name");
		assertThatIllegalArgumentException().isThrownBy(() -> all.queue("")).withMessageContaining("queue");
		assertThatIllegalArgumentException().isThrownBy(() -> all.after("x")).withMessageContaining("'x'");
	}

	@Test
	void snoozedJobRunsNow() throws Exception {
		long id = Long.parseLong(
				this.session.value("SELECT pgdispatch.dispatch('INSERT INTO effect VALUES (''now'')', '1 hour')"));
		this.transaction.executeWithoutResult((status) -> {
			assertThat(this.operations.runNow(id)).isTrue();
			status.setRollbackOnly();
		});
		assertThat(this.session.work().completed()).isZero();
		assertThat(this.operations.runNow(id)).isTrue();
		assertThat(this.operations.runNow(id)).isFalse();
		assertThat(this.session.work().completed()).isOne();
	}

	@Test
	void pausesAreTold() {
		this.operations.setQueue("mail", QueueLimits.none());
		assertThat(this.operations.isPaused()).isFalse();
		this.operations.pauseHandler("mails.send");
		this.operations.pauseQueue("mail");
		assertThat(this.operations.isPaused()).isFalse();
		assertThat(this.operations.isHandlerPaused("mails.send")).isTrue();
		assertThat(this.operations.isHandlerPaused("mails.read")).isFalse();
		assertThat(this.operations.isQueuePaused("mail")).isTrue();
		assertThat(this.operations.isQueuePaused("none")).isFalse();
		this.operations.pause();
		assertThat(this.operations.isPaused()).isTrue();
		assertThat(this.operations.status().paused()).isTrue();
	}

	@Test
	void queuesTellTheirLimits() {
		QueueLimits limits = QueueLimits.none().concurrency(2).rate(3, Duration.ofNanos(5_000));
		QueueLimits fair = QueueLimits.none()
			.concurrency(4)
			.perKey(2)
			.ratePerKey(10, Duration.ofSeconds(60))
			.breaker(5, Duration.ofMillis(1_500));
		this.operations.setQueue("c", fair);
		this.operations.setQueue("b", limits);
		this.operations.setQueue("a", QueueLimits.none());
		assertThat(this.operations.queues()).containsExactly(Map.entry("a", QueueLimits.none()), Map.entry("b", limits),
				Map.entry("c", fair));
	}

	@Test
	void deadLettersAreFoundByLabel() throws Exception {
		long divided = failed("SELECT 1 / 0", ", label => 'divide'");
		failed("SELECT 1 / 0");
		assertThat(ids(ALL.label("divide"))).containsExactly(divided);
		assertThat(this.operations.deadLetter(divided).orElseThrow().label()).isEqualTo("divide");
	}

}
