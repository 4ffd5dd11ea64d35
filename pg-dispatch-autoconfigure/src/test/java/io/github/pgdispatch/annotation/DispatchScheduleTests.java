package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.Schedule;
import io.github.pgdispatch.Schedule.Missed;
import io.github.pgdispatch.ScheduleChange;
import io.github.pgdispatch.ScheduleInfo;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Tests for {@link DispatchSchedule}, and for schedules that are made at run time, on
 * nodes that run their jobs.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class DispatchScheduleTests {

	private static final Queue<String> runs = new ConcurrentLinkedQueue<>();

	private HandlerNodes nodes;

	@BeforeEach
	void start(TestDatabase database) {
		runs.clear();
		this.nodes = new HandlerNodes(database);
	}

	@Test
	void dueTimesOfAllKindsHaveOneJobEachOnSeveralNodes() {
		node(Reports.class).run((one) -> node(Reports.class).run((other) -> {
			assertThat(one).hasNotFailed();
			assertThat(other).hasNotFailed();
			assertThat(schedules(one)).extracting(ScheduleInfo::name)
				.containsExactly("bean.byCron", "bean.refresh", "nightly", "poll");
			await().until(() -> schedules(one).stream().allMatch((schedule) -> schedule.nextAt() != null));
			for (int i = 1; i <= 5; i++) {
				int expected = i;
				letPass();
				await().until(() -> schedules(one).stream()
					.allMatch((schedule) -> schedule.runs() == expected && !schedule.running()));
			}
			assertThat(runs).containsOnly("cron", "poll", "nightly bean.refreshed");
			assertThat(runs.stream().filter("cron"::equals)).hasSize(5);
			assertThat(runs.stream().filter("poll"::equals)).hasSize(5);
			assertThat(this.nodes.is("count(*) = 5 FROM effect")).isTrue();
			assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
		}));
	}

	/**
	 * Makes all schedules due now, whenever they are.
	 */
	private void letPass() {
		this.nodes.jdbc()
			.sql("""
					WITH schedule AS (
					    UPDATE pgdispatch.schedule SET next_at = date_trunc('second', now()) RETURNING tick),
					managed AS (
					    UPDATE pgdispatch.managed_job SET due_at = now(), place = now(), rank = now() WHERE id IN (SELECT tick FROM schedule)),
					handler AS (
					    UPDATE pgdispatch.handler_job SET due_at = now() WHERE id IN (SELECT tick FROM schedule))
					UPDATE pgdispatch.job SET due_at = now() WHERE id IN (SELECT tick FROM schedule)""")
			.update();
	}

	@Test
	void jobKnowsItsScheduleAndItsDueTime() {
		node(Knowing.class).run((node) -> {
			node.getBean(PgDispatchOperations.class).runSchedule("knowing");
			await().until(() -> !runs.isEmpty());
			assertThat(runs.element()).startsWith("knowing ");
			assertThat(Instant.parse(runs.element().split(" ")[1])).isBetween(Instant.now().minusSeconds(600),
					Instant.now().plusSeconds(600));
		});
	}

	@Test
	void optionsOfTheJobsAreThoseOfTheMethod() {
		node(Asking.class)
			.withPropertyValues("pgdispatch.worker.enabled=false", "pgdispatch.queues.slow.concurrency=1", "every=90m")
			.run((node) -> {
				assertThat(node).hasNotFailed();
				assertThat(this.nodes
					.is("""
							(every, missed, overlap, label, options) = ('90 minutes', 'all', true, 'asking',
							    '{"max_attempts": 7, "queue": "slow", "time_limit": "00:00:05"}') FROM pgdispatch.schedule"""))
					.isTrue();
			});
	}

	@Test
	void startChangesNothingIfTheAnnotationIsTheSame() {
		node(Hourly.class).run((node) -> {
			PgDispatchOperations operations = node.getBean(PgDispatchOperations.class);
			operations.pauseSchedule("report");
			node.getBean(PgDispatchTemplate.class)
				.schedule("report", Schedule.every(Duration.ofMinutes(7)), Dispatch.handler("other", "{}"));
		});
		node(Hourly.class).run((node) -> assertThat(schedules(node)).singleElement()
			.extracting(ScheduleInfo::state, ScheduleInfo::every, ScheduleInfo::handler)
			.containsExactly(ScheduleInfo.State.PAUSED, Duration.ofMinutes(7), "other"));
	}

	@Test
	void newestDeploymentWinsAndAnOldNodeThatComesBackSaysSo(CapturedOutput output) {
		node(Hourly.class).run((old) -> {
			node(Daily.class).run((next) -> {
				assertThat(interval(next)).isEqualTo(Duration.ofDays(1));
				node(Daily.class).run((another) -> assertThat(interval(next)).isEqualTo(Duration.ofDays(1)));
				assertThat(output).doesNotContain("changed back");
				node(Hourly.class).run((restarted) -> assertThat(interval(next)).isEqualTo(Duration.ofHours(1)));
				assertThat(output).contains("The schedule 'report' was changed back to every PT1H");
				node(Daily.class).run((last) -> assertThat(interval(next)).isEqualTo(Duration.ofDays(1)));
			});
			assertThat(this.nodes.is("count(*) = 1 FROM pgdispatch.job WHERE label = 'pgdispatch.schedule'")).isTrue();
		});
	}

	private static Duration interval(ApplicationContext node) {
		return schedules(node).get(0).every();
	}

	@Test
	void scheduleWhoseAnnotationIsGoneStaysUntilItIsRemoved() {
		node(Hourly.class).run((node) -> assertThat(node).hasNotFailed());
		node(Knowing.class).run((node) -> {
			assertThat(schedules(node)).extracting(ScheduleInfo::name, ScheduleInfo::declared)
				.containsExactly(tuple("knowing", true), tuple("report", true));
			assertThat(node.getBean(PgDispatchOperations.class).removeSchedule("report")).isTrue();
			assertThat(node.getBean(PgDispatchOperations.class).removeSchedule("report")).isFalse();
		});
	}

	@Test
	void nodesRunTicksOnlyIfTheyHaveTo() {
		node(Hourly.class).run((node) -> {
			assertThat(node.getBean(HandlerDriver.class).runs("pgdispatch.schedule")).isFalse();
			assertThatIllegalStateException().isThrownBy(() -> byCron(node))
				.withMessageContaining("pgdispatch.cron-schedules=true");
		});
		node(Hourly.class).withPropertyValues("pgdispatch.worker.enabled=false")
			.run((node) -> assertThat(byCron(node)).isEqualTo(ScheduleChange.NEW));
		node(Hourly.class).withPropertyValues("pgdispatch.cron-schedules=true").run((node) -> {
			assertThat(byCron(node)).isEqualTo(ScheduleChange.UNCHANGED);
			await().until(() -> schedules(node).stream().allMatch((schedule) -> schedule.nextAt() != null));
		});
	}

	private static ScheduleChange byCron(ApplicationContext node) {
		return node.getBean(PgDispatchTemplate.class)
			.schedule("by cron", Schedule.cron("0 0 6 * * *", ZoneId.of("Europe/Berlin")).missed(Missed.ONCE),
					Dispatch.sql("SELECT 1"));
	}

	@Test
	void schedulesAreMadeAndChangedAtRunTime() {
		node(Hourly.class).run((node) -> {
			PgDispatchTemplate template = node.getBean(PgDispatchTemplate.class);
			PgDispatchOperations operations = node.getBean(PgDispatchOperations.class);
			Schedule daily = Schedule.every(Duration.ofDays(1)).startingAt(Instant.parse("2026-01-01T06:00:00Z"));
			Dispatch insert = Dispatch.sql("INSERT INTO effect VALUES (1)").timeLimit(Duration.ofMinutes(1));
			assertThat(template.schedule("daily", daily, insert)).isEqualTo(ScheduleChange.NEW);
			assertThat(template.schedule("daily", daily, insert)).isEqualTo(ScheduleChange.UNCHANGED);
			assertThat(template.schedule("daily", daily.overlapping(), insert)).isEqualTo(ScheduleChange.CHANGED);
			assertThat(operations.runSchedule("daily")).isPositive();
			await().until(() -> this.nodes.is("count(*) = 1 FROM effect"));
			assertThat(operations.pauseSchedule("daily")).isTrue();
			assertThat(operations.pauseSchedule("daily")).isFalse();
			assertThat(operations.resumeSchedule("daily")).isTrue();
			ScheduleInfo info = schedules(node).get(0);
			assertThat(info.name()).isEqualTo("daily");
			assertThat(info.nextAt()).isAfter(Instant.now().minusSeconds(60));
			assertThat(info.nextAt().toString()).endsWith("T06:00:00Z");
			assertThat(info.overlapping()).isTrue();
			assertThat(info.declared()).isFalse();
			assertThat(operations.status().schedules()).hasSize(2);
			assertThatIllegalArgumentException()
				.isThrownBy(() -> template.schedule("x", daily, insert.delay(Duration.ofSeconds(1))));
			assertThatIllegalArgumentException().isThrownBy(() -> template.schedule("x", daily, insert.key("x")));
			assertThatIllegalArgumentException().isThrownBy(() -> template.schedule(" ", daily, insert));
		});
	}

	@Test
	void whatCannotBeAScheduleIsRefused() {
		ZoneId utc = ZoneId.of("UTC");
		assertThatIllegalArgumentException().isThrownBy(() -> Schedule.every(Duration.ofMillis(999)));
		assertThatIllegalArgumentException().isThrownBy(() -> Schedule.every(Duration.ofDays(4_000)));
		assertThatIllegalArgumentException().isThrownBy(() -> Schedule.cron("every day", utc));
		assertThatIllegalArgumentException().isThrownBy(() -> Schedule.cron("0 0 0 30 2 *", utc))
			.withMessageContaining("never comes");
		assertThatIllegalArgumentException().isThrownBy(() -> Schedule.cron("@daily", utc).startingAt(Instant.EPOCH));
	}

	@ParameterizedTest
	@ValueSource(
			classes = { WithParameter.class, WithBoth.class, WithNeither.class, WithBadCron.class, WithBadZone.class,
					WithKey.class, WithDelay.class, WithExpression.class, WithFairKeyOfACall.class, WithTwins.class })
	void annotationThatCannotBeIsRefusedAtTheStart(Class<?> bean) {
		node(bean).run((node) -> assertThat(node).getFailure()
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
					(ex) -> assertThat(ex.getDescription()).contains(bean.getSimpleName())));
	}

	private static List<ScheduleInfo> schedules(ApplicationContext node) {
		return node.getBean(PgDispatchOperations.class).schedules();
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	private ApplicationContextRunner node(Class<?> bean) {
		this.nodes.jdbc().sql("CREATE TABLE IF NOT EXISTS effect (id bigint)").update();
		return this.nodes.node().withPropertyValues("pgdispatch.worker.poll-interval=200ms").withBean("bean", bean);
	}

	static class Reports {

		@DispatchSchedule(cron = "0 0 6 * * *", zone = "Europe/Berlin")
		void byCron() {
			runs.add("cron");
		}

		@AfterCommitDispatch(name = "poll")
		@DispatchSchedule(every = "1h")
		void everyHour() {
			runs.add("poll");
		}

		@AfterCommitDispatch("INSERT INTO effect VALUES (1)")
		@DispatchSchedule(every = "PT1H", missed = Missed.ALL)
		void refresh() {
		}

		@AfterCommitDispatch(name = "bean.refreshed", maxAttempts = 3)
		@DispatchSchedule(name = "nightly", cron = "@midnight")
		void nightly() {
			runs.add("nightly bean.refreshed");
		}

	}

	static class Knowing {

		@AfterCommitDispatch(name = "knowing")
		@DispatchSchedule(cron = "0 0 6 * * *")
		void run(DispatchContext context) {
			runs.add(context.headers().get("schedule") + " " + context.headers().get("schedule-due-at"));
		}

	}

	static class Asking {

		@AfterCommitDispatch(command = "SELECT 1", name = "asking", maxAttempts = 7, queue = "slow", timeLimit = "5s")
		@DispatchSchedule(every = "${every}", missed = Missed.ALL, overlapping = true)
		void ask() {
		}

	}

	static class Hourly {

		@AfterCommitDispatch("SELECT 1")
		@DispatchSchedule(name = "report", every = "1h")
		void report() {
		}

	}

	static class Daily {

		@AfterCommitDispatch("SELECT 1")
		@DispatchSchedule(name = "report", every = "1d")
		void report() {
		}

	}

	static class WithParameter {

		@DispatchSchedule(every = "1h")
		void run(long id) {
		}

	}

	static class WithBoth {

		@DispatchSchedule(every = "1h", cron = "@daily")
		void run() {
		}

	}

	static class WithNeither {

		@DispatchSchedule
		void run() {
		}

	}

	static class WithBadCron {

		@DispatchSchedule(cron = "every day")
		void run() {
		}

	}

	static class WithBadZone {

		@DispatchSchedule(cron = "@daily", zone = "Europe/Bonn")
		void run() {
		}

	}

	static class WithKey {

		@AfterCommitDispatch(key = "x")
		@DispatchSchedule(every = "1h")
		void run() {
		}

	}

	static class WithDelay {

		@AfterCommitDispatch(delay = "1s")
		@DispatchSchedule(every = "1h")
		void run() {
		}

	}

	static class WithExpression {

		@AfterCommitDispatch(orderingKey = "#{1 + 1}")
		@DispatchSchedule(every = "1h")
		void run() {
		}

	}

	static class WithFairKeyOfACall {

		@AfterCommitDispatch(queue = "imports", fairKey = "#{1 + 1}")
		@DispatchSchedule(every = "1h")
		void run() {
		}

	}

	static class WithTwins {

		@AfterCommitDispatch("SELECT 1")
		@DispatchSchedule(name = "x", every = "1h")
		void one() {
		}

		@AfterCommitDispatch("SELECT 1")
		@DispatchSchedule(name = "x", every = "1h")
		void other() {
		}

	}

}
