package io.github.pgdispatch.endpoint;

import java.sql.SQLException;

import io.github.pgdispatch.endpoint.EndpointClient.Answer;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PgDispatchEndpoint} with Spring MVC and Spring Security. Operators may
 * make changes and see values.
 */
@PostgresTest
class PgDispatchEndpointTests {

	private static Session session;

	private static EndpointApplication application;

	private static EndpointClient operator;

	private static EndpointClient viewer;

	@BeforeAll
	static void start(TestDatabase database) throws SQLException {
		application = EndpointApplication.start(database, WebApplicationType.SERVLET, EndpointSecurity.Roles.class,
				"management.endpoint.pgdispatch.access=unrestricted",
				"management.endpoint.pgdispatch.show-values=when-authorized",
				"management.endpoint.pgdispatch.roles=OPERATOR", "management.endpoint.pgdispatch.ui.enabled=true");
		session = new Session(database, "app");
		operator = user("olga");
		viewer = user("victor");
	}

	private static EndpointClient user(String name) {
		return new EndpointClient(application.url("/actuator/pgdispatch"), name);
	}

	@AfterAll
	static void stop() throws SQLException {
		session.close();
		application.close();
	}

	@BeforeEach
	void empty() throws SQLException {
		session.run("DELETE FROM pgdispatch.managed_job", "DELETE FROM pgdispatch.job",
				"DELETE FROM pgdispatch.handler_job", "DELETE FROM pgdispatch.dead_letter",
				"DELETE FROM pgdispatch.operator_action", "SELECT pgdispatch.resume()", "DELETE FROM pgdispatch.pause",
				"SELECT pgdispatch.drop_queue(name) FROM pgdispatch.queue", "DELETE FROM pgdispatch.schedule");
		application.auditEvents().clear();
	}

	private static void snooze(int count, String options) throws SQLException {
		session.run("SELECT pgdispatch.dispatch('SELECT ''secret''', '1 hour'" + options + ") FROM generate_series(1, "
				+ count + ")");
	}

	private static void fail(int id, String message) throws SQLException {
		session
			.run("""
					INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, dispatched_at, due_at, failed_at, crashes, message, context)
					VALUES ('app'::regrole, %1$d, 'signUp.welcome', '{"profileId": 987654321}', '{"trace": "secret"}', now(), now(), now() - %1$d * interval '1 minute', 0, '%2$s', 'at secret')"""
				.formatted(id, message));
	}

	private static JsonNode change(String path, String body) {
		return operator.post(path, body).json(200);
	}

	private static long count(String table) throws SQLException {
		return Long.parseLong(session.value("SELECT count(*) FROM pgdispatch." + table));
	}

	@Test
	void overviewTellsWhatThereIsAndWhatTheUserMayDo() throws SQLException {
		snooze(2, ", label => 'remind'");
		JsonNode overview = operator.read("");
		assertThat(overview.get("writable").booleanValue()).isTrue();
		assertThat(overview.get("valuesShown").booleanValue()).isTrue();
		assertThat(overview.get("user").stringValue()).isEqualTo("olga");
		assertThat(overview.get("csrf").get("header").stringValue()).isEqualTo("X-CSRF-TOKEN");
		assertThat(overview.get("node").get("drivers").findValuesAsString("jobs")).containsExactlyInAnyOrder("SQL",
				"HANDLER");
		assertThat(overview.get("status").get("jobs")).as(overview.toString())
			.anyMatch((jobs) -> jobs.path("name").asString("").equals("remind") && jobs.get("count").intValue() == 2);
		assertThat(viewer.read("").get("valuesShown").booleanValue()).isFalse();
	}

	@Test
	void schedulesAreListedPausedRunAndRemoved() throws SQLException {
		session.run("SELECT pgdispatch.schedule('report', '1 hour', 'SELECT secret', queue => NULL)");
		JsonNode schedule = operator.read("/schedules").get("schedules").get(0);
		assertThat(schedule.get("command").stringValue()).isEqualTo("SELECT secret");
		assertThat(schedule.get("every").stringValue()).isEqualTo("PT1H");
		assertThat(viewer.read("/schedules").toString()).doesNotContain("secret");
		assertThat(change("/schedules", "{'action': 'pause', 'schedule': 'report'}").get("count").intValue()).isOne();
		assertThat(change("/schedules", "{'action': 'pause', 'schedule': 'report'}").get("count").intValue()).isZero();
		assertThat(change("/schedules", "{'action': 'resume', 'schedule': 'report'}").get("count").intValue()).isOne();
		assertThat(change("/schedules", "{'action': 'run', 'schedule': 'report', 'countOnly': true}").get("count")
			.intValue()).isOne();
		assertThat(session.value("SELECT runs FROM pgdispatch.schedules()")).isEqualTo("0");
		assertThat(change("/schedules", "{'action': 'run', 'schedule': 'report'}").get("count").intValue()).isOne();
		assertThat(session.value("SELECT runs FROM pgdispatch.schedules()")).isEqualTo("1");
		assertThat(operator.post("/schedules", "{'action': 'halt', 'schedule': 'report'}").error(400))
			.contains("pause, resume, run or remove");
		assertThat(operator.post("/schedules", "{'action': 'pause'}").error(400)).contains("schedule");
		assertThat(change("/schedules", "{'action': 'remove', 'schedule': 'report'}").get("count").intValue()).isOne();
		assertThat(operator.post("/schedules", "{'action': 'pause', 'schedule': 'report'}").error(404))
			.contains("report");
		assertThat(count("schedule")).isZero();
		assertThat(session.values("SELECT DISTINCT action FROM pgdispatch.operator_action ORDER BY action"))
			.containsExactly("pause", "remove", "resume", "run");
	}

	@Test
	void jobsAreListedPageByPage() throws SQLException {
		snooze(3, ", label => 'remind'");
		snooze(1, ", label => 'bill', headers => '{\"trace\": \"secret\"}'");
		JsonNode first = viewer.read("/jobs?label=remind&limit=2");
		assertThat(first.get("jobs")).hasSize(2);
		JsonNode second = viewer.read("/jobs?label=remind&limit=2&after="
				+ first.get("next").stringValue().replace(" ", "%20").replace("+", "%2B"));
		assertThat(second.get("jobs")).hasSize(1);
		assertThat(second.has("next")).isFalse();
		assertThat(viewer.read("/jobs?state=snoozed&kind=sql").get("jobs")).hasSize(4);
		assertThat(viewer.read("/jobs?handler=signUp.welcome").get("jobs")).isEmpty();
		assertThat(viewer.read("/jobs?queue=mail").get("jobs")).isEmpty();
	}

	@Test
	void valuesAreHiddenFromUsersWithoutTheRole() throws SQLException {
		snooze(1, ", label => 'remind', headers => '{\"trace\": \"secret\"}'");
		fail(7, "java.io.IOException: no mail" + System.lineSeparator() + "secret");
		long id = viewer.read("/jobs").get("jobs").get(0).get("id").longValue();
		for (String path : new String[] { "/jobs", "/jobs/" + id, "/dead-letters", "/dead-letters/7", "/jobs/7",
				"/dead-letter-groups" }) {
			assertThat(viewer.get(path).text()).as(path).doesNotContain("secret").doesNotContain("987654321");
			assertThat(operator.get(path).text()).as(path).contains("secret");
		}
		assertThat(viewer.read("/jobs/" + id).get("job").get("command").stringValue()).isEqualTo("******");
		JsonNode letter = viewer.read("/dead-letters/7").get("deadLetter");
		assertThat(letter.get("headers").get("trace").stringValue()).isEqualTo("******");
		assertThat(letter.get("message").stringValue()).isEqualTo("java.io.IOException: no mail");
		assertThat(letter.has("detail")).isFalse();
	}

	@Test
	void deadLettersAreListedAndGrouped() throws SQLException {
		fail(1, "java.io.IOException: first");
		fail(2, "java.io.IOException: second");
		fail(3, "java.lang.IllegalStateException: third");
		JsonNode first = viewer.read("/dead-letters?handler=signUp.welcome&limit=2");
		assertThat(first.get("deadLetters").findValuesAsString("id")).containsExactly("1", "2");
		assertThat(viewer.read("/dead-letters?limit=2&after=" + first.get("next").stringValue())
			.get("deadLetters")
			.findValuesAsString("id")).containsExactly("3");
		assertThat(viewer.read("/dead-letters?message=SECOND").get("deadLetters")).hasSize(1);
		JsonNode groups = viewer.read("/dead-letter-groups");
		assertThat(groups.get("exact").booleanValue()).isTrue();
		assertThat(groups.get("groups").findValuesAsString("exception")).containsExactly("java.io.IOException",
				"java.lang.IllegalStateException");
		assertThat(groups.get("groups").get(0).get("count").intValue()).isEqualTo(2);
		assertThat(viewer.read("/dead-letter-groups?message=third").get("groups")).hasSize(1);
	}

	@Test
	void handlersHaveTheirNumbers() throws SQLException {
		fail(1, "java.io.IOException");
		snooze(2, "");
		session.run("SELECT pgdispatch.dispatch_handler('signUp.welcome', '{\"profileId\": 1}', '1 hour')",
				"SELECT pgdispatch.pause('signUp.welcome')");
		JsonNode handlers = viewer.read("/handlers").get("handlers");
		assertThat(handlers).hasSize(2);
		JsonNode welcome = handlers.get(0);
		assertThat(welcome.get("name").stringValue()).isEqualTo("signUp.welcome");
		assertThat(welcome.get("paused").booleanValue()).isTrue();
		assertThat(welcome.get("here").booleanValue()).isTrue();
		assertThat(welcome.get("snoozed").intValue() + welcome.get("held").intValue()).isOne();
		assertThat(welcome.get("deadLetters").intValue()).isOne();
		JsonNode sql = handlers.get(1);
		assertThat(sql.get("kind").stringValue()).isEqualTo("SQL");
		assertThat(sql.get("snoozed").intValue()).isEqualTo(2);
		assertThat(sql.get("here").booleanValue()).isFalse();
	}

	@Test
	void nodesHaveTheDriversOfTheOneThatAnswers() {
		assertThat(viewer.read("/nodes").get("here").get("draining").booleanValue()).isFalse();
	}

	@Test
	void jobsAreCancelledByIdAndByFilter() throws SQLException {
		snooze(2, ", label => 'remind'");
		snooze(1, ", label => 'bill'");
		long id = viewer.read("/jobs?label=bill").get("jobs").get(0).get("id").longValue();
		String byId = "{'action': 'cancel', 'ids': '" + id + ",999'%s}";
		assertThat(change("/jobs", byId.formatted(", 'countOnly': true")).get("count").intValue()).isOne();
		assertThat(count("job")).isEqualTo(3);
		assertThat(change("/jobs", byId.formatted("")).get("count").intValue()).isOne();
		assertThat(operator.post("/jobs", byId.formatted("")).error(404)).contains("no job that waits or runs");
		String byFilter = "{'action': 'cancel', 'label': 'remind'%s}";
		assertThat(change("/jobs", byFilter.formatted(", 'countOnly': 'true'")).get("count").intValue()).isEqualTo(2);
		assertThat(count("job")).isEqualTo(2);
		assertThat(change("/jobs", byFilter.formatted("")).get("count").intValue()).isEqualTo(2);
		assertThat(count("job")).isZero();
	}

	@Test
	void jobsAreRunNow() throws SQLException {
		session.run("SELECT pgdispatch.dispatch_handler('on.another.node', '{}', '1 hour') FROM generate_series(1, 3)");
		long id = viewer.read("/jobs").get("jobs").get(0).get("id").longValue();
		assertThat(change("/jobs", "{'action': 'run-now', 'ids': '" + id + "'}").get("count").intValue()).isOne();
		assertThat(viewer.read("/jobs/" + id).get("job").get("state").stringValue()).isEqualTo("WAITING");
		String rest = "{'action': 'run-now', 'handler': 'on.another.node'%s}";
		assertThat(change("/jobs", rest.formatted(", 'countOnly': true")).get("count").intValue()).isEqualTo(2);
		assertThat(viewer.read("/jobs?state=snoozed").get("jobs")).hasSize(2);
		assertThat(change("/jobs", rest.formatted("")).get("count").intValue()).isEqualTo(2);
		assertThat(viewer.read("/jobs?state=waiting").get("jobs")).hasSize(3);
		assertThat(operator.post("/jobs", "{'action': 'run-now', 'ids': '" + id + "'}").error(404))
			.contains("no snoozed job");
	}

	@Test
	void jobsAreMovedToAnotherQueue() throws SQLException {
		session.run("SELECT pgdispatch.set_queue('slow')");
		snooze(2, ", label => 'remind'");
		snooze(1, ", label => 'bill'");
		String move = "{'action': 'move', 'label': 'remind', 'to': '%s'%s}";
		assertThat(change("/jobs", move.formatted("slow", ", 'countOnly': true")).get("count").intValue()).isEqualTo(2);
		assertThat(viewer.read("/jobs?queue=slow").get("jobs")).isEmpty();
		assertThat(change("/jobs", move.formatted("slow", "")).get("count").intValue()).isEqualTo(2);
		assertThat(viewer.read("/jobs?queue=slow").get("jobs")).hasSize(2);
		assertThat(operator.post("/jobs", move.formatted("fast", "")).error(404)).contains("no queue 'fast'");
		long bill = viewer.read("/jobs?label=bill").get("jobs").get(0).get("id").longValue();
		String moveBill = "{'action': 'move', 'ids': '" + bill + "', 'to': 'slow'}";
		assertThat(change("/jobs", moveBill).get("count").intValue()).isEqualTo(1);
		assertThat(operator.post("/jobs", moveBill).error(404)).contains("no job that waits in another queue");
	}

	@Test
	void runningJobsAreNeitherCountedNorCancelledByFilter() throws SQLException {
		session.run(
				"SELECT pgdispatch.dispatch('SELECT pg_sleep(60)', label => 'slow', queue => NULL, max_attempts => 2)");
		snooze(2, ", label => 'slow'");
		await().until(() -> viewer.read("/jobs?state=running").get("jobs").size() == 1);
		long running = viewer.read("/jobs?state=running").get("jobs").get(0).get("id").longValue();
		assertThat(change("/jobs", "{'action': 'cancel', 'label': 'slow', 'countOnly': true}").get("count").intValue())
			.isEqualTo(2);
		assertThat(change("/jobs", "{'action': 'cancel', 'label': 'slow'}").get("count").intValue()).isEqualTo(2);
		assertThat(change("/jobs", "{'action': 'cancel', 'ids': '" + running + "'}").get("count").intValue()).isOne();
		await().until(() -> count("job") == 0);
	}

	@Test
	void batchesAreShownAndCancelled() throws SQLException {
		session.run("DELETE FROM pgdispatch.batch");
		String first = session.value("SELECT pgdispatch.create_batch('first')");
		String second = session.value("SELECT pgdispatch.create_batch('second')");
		session.run("SELECT pgdispatch.dispatch('SELECT 1', '1 hour', batch => " + first + ")");
		JsonNode page = viewer.read("/batches?limit=1");
		assertThat(page.get("batches").get(0).get("name").stringValue()).isEqualTo("second");
		JsonNode next = viewer.read("/batches?after=" + page.get("next").longValue());
		assertThat(next.get("batches").get(0).get("pending").intValue()).isOne();
		assertThat(next.has("next")).isFalse();
		String cancel = "{'action': 'cancel', 'ids': '" + first + "', 'countOnly': %s}";
		assertThat(change("/batches", cancel.formatted(true)).get("count").intValue()).isOne();
		assertThat(viewer.read("/batches/" + first).get("batch").get("state").stringValue()).isEqualTo("OPEN");
		assertThat(change("/batches", cancel.formatted(false)).get("count").intValue()).isOne();
		assertThat(viewer.read("/batches/" + first).get("batch").get("state").stringValue()).isEqualTo("CANCELLED");
		await().until(() -> operator.post("/batches", cancel.formatted(false)).status() == 404);
		assertThat(viewer.read("/batches/" + second).get("batch").get("state").stringValue()).isEqualTo("OPEN");
		// The one that has ended is not counted.
		assertThat(change("/batches", "{'action': 'cancel', 'ids': '%s,%s'}".formatted(first, second)).get("count")
			.intValue()).isOne();
	}

	@Test
	void historyHasWhatHasEnded() throws SQLException {
		session.run("SELECT pgdispatch.keep_history('1 day')",
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'done') FROM generate_series(1, 3)");
		await().until(() -> viewer.read("/history?label=done").get("jobs").size() == 3);
		JsonNode page = viewer.read("/history?outcome=done&kind=sql&limit=2");
		assertThat(page.get("jobs").get(0).get("outcome").stringValue()).isEqualTo("DONE");
		assertThat(viewer
			.read("/history?limit=2&after=" + page.get("next").stringValue().replace(" ", "%20").replace("+", "%2B"))
			.get("jobs")).hasSize(1);
		assertThat(viewer.read("/history?handler=done").get("jobs")).isEmpty();
	}

	@Test
	void deadLettersAreRetriedAndDeleted() throws SQLException {
		session.run("SELECT pgdispatch.pause()");
		for (int id = 1; id <= 5; id++) {
			fail(id, (id < 4) ? "java.io.IOException: " + id : "other");
		}
		assertThat(change("/dead-letters", "{'action': 'retry', 'ids': '1, 2'}").get("count").intValue()).isEqualTo(2);
		assertThat(count("handler_job")).isEqualTo(2);
		String other = "{'action': 'delete', 'message': 'OTHER'%s}";
		assertThat(change("/dead-letters", other.formatted(", 'countOnly': true")).get("count").intValue())
			.isEqualTo(2);
		assertThat(count("dead_letter")).isEqualTo(3);
		assertThat(change("/dead-letters", other.formatted("")).get("count").intValue()).isEqualTo(2);
		assertThat(session.values("SELECT id FROM pgdispatch.dead_letter")).containsExactly("3");
		assertThat(change("/dead-letters", "{'action': 'retry', 'all': true}").get("count").intValue()).isOne();
		assertThat(count("dead_letter")).isZero();
	}

	@Test
	void queuesAreSetPausedAndDropped() throws SQLException {
		change("/queues", "{'action': 'set', 'queue': 'mail', 'concurrency': 4, 'rate': 100, 'per': '1m'}");
		JsonNode queue = viewer.read("/queues").get("queues").get(0);
		assertThat(queue.get("concurrency").intValue()).isEqualTo(4);
		assertThat(queue.get("rate").intValue()).isEqualTo(100);
		assertThat(queue.get("per").stringValue()).isEqualTo("PT1M");
		change("/pauses", "{'action': 'pause', 'queue': 'mail'}");
		change("/pauses", "{'action': 'pause', 'handler': 'signUp.welcome'}");
		change("/pauses", "{'action': 'pause', 'all': true}");
		JsonNode pauses = viewer.read("/pauses");
		assertThat(pauses.get("all").booleanValue()).isTrue();
		assertThat(pauses.get("handlers").get(0).stringValue()).isEqualTo("signUp.welcome");
		assertThat(pauses.get("queues").get(0).stringValue()).isEqualTo("mail");
		change("/pauses", "{'action': 'resume', 'queue': 'mail'}");
		change("/pauses", "{'action': 'resume', 'handler': 'signUp.welcome'}");
		change("/pauses", "{'action': 'resume', 'all': true}");
		assertThat(viewer.read("/pauses").toString()).isEqualTo("{\"all\":false,\"handlers\":[],\"queues\":[]}");
		change("/queues", "{'action': 'drop', 'queue': 'mail', 'countOnly': true}");
		assertThat(count("queue")).isOne();
		change("/queues", "{'action': 'drop', 'queue': 'mail'}");
		assertThat(count("queue")).isZero();
		assertThat(operator.post("/queues", "{'action': 'drop', 'queue': 'mail'}").error(404)).contains("mail");
		assertThat(operator.post("/pauses", "{'action': 'pause', 'queue': 'mail'}").error(404)).contains("mail");
	}

	@Test
	void resumedHandlersAndQueuesHaveTheirCircuitBreakersReset() throws SQLException {
		change("/queues",
				"{'action': 'set', 'queue': 'mail', 'concurrency': 4, 'perKey': 2, 'ratePerKey': 10, 'per': '1m', 'breakAfter': 5, 'breakFor': '30s'}");
		session
			.run("""
					INSERT INTO pgdispatch.breaker (role, handler, queue, failures, tripped_at, probe_at)
					VALUES ('app'::regrole, 'signUp.welcome', '', 5, now(), 'infinity'), ('app'::regrole, '', 'mail', 5, now(), 'infinity')""",
					"INSERT INTO pgdispatch.pause VALUES ('app'::regrole, 'signUp.welcome', true)");
		assertThat(viewer.read("").get("status").get("breakers")).hasSize(2);
		JsonNode queue = viewer.read("/queues").get("queues").get(0);
		assertThat(queue.get("tripped").booleanValue()).isTrue();
		assertThat(queue.get("perKey").intValue()).isEqualTo(2);
		assertThat(queue.get("ratePerKey").intValue()).isEqualTo(10);
		assertThat(queue.get("per").stringValue()).isEqualTo("PT1M");
		assertThat(queue.get("breakFor").stringValue()).isEqualTo("PT30S");
		assertThat(viewer.read("/pauses").get("handlers")).isEmpty();
		assertThat(viewer.read("/handlers").toString())
			.contains("\"name\":\"signUp.welcome\",\"paused\":false,\"tripped\":true");
		change("/pauses", "{'action': 'resume', 'handler': 'signUp.welcome'}");
		change("/pauses", "{'action': 'resume', 'queue': 'mail'}");
		assertThat(viewer.read("").get("status").get("breakers")).isEmpty();
		assertThat(count("pause")).isZero();
	}

	@Test
	void changesAreRecordedWithWhoMadeThem() throws SQLException {
		fail(7, "other");
		change("/dead-letters", "{'action': 'delete', 'message': 'other', 'countOnly': true}");
		assertThat(application.auditEvents()).isEmpty();
		assertThat(count("operator_action")).isZero();
		change("/dead-letters", "{'action': 'delete', 'message': 'other'}");
		AuditEvent event = application.auditEvents().get(0);
		assertThat(event.getPrincipal()).isEqualTo("olga");
		assertThat(event.getType()).isEqualTo("PGDISPATCH_DELETE");
		assertThat(event.getData()).containsEntry("what", "dead-letters")
			.containsEntry("message", "other")
			.containsEntry("count", 1L)
			.hasSize(3);
		assertThat(session.values(
				"SELECT concat_ws(' ', operator, action, target ->> 'what', target ->> 'message', affected) FROM pgdispatch.operator_action"))
			.containsExactly("olga delete dead-letters other 1");
	}

	@Test
	void changeThatCannotBeRecordedIsNotMade() throws SQLException {
		fail(7, "other");
		session.run("ALTER TABLE pgdispatch.operator_action ADD CONSTRAINT none CHECK (affected < 0)");
		try {
			assertThat(operator.post("/dead-letters", "{'action': 'delete', 'all': true}").status()).isGreaterThan(399);
		}
		finally {
			session.run("ALTER TABLE pgdispatch.operator_action DROP CONSTRAINT none");
		}
		assertThat(count("dead_letter")).isOne();
		assertThat(application.auditEvents()).isEmpty();
	}

	@Test
	void changesNeedTheRoleAndTheToken() throws SQLException {
		fail(7, "other");
		String delete = "{'action': 'delete', 'all': true}";
		assertThat(viewer.post("/dead-letters", delete).status()).isEqualTo(403);
		assertThat(user("").postWithoutToken("/dead-letters", delete).status()).isIn(401, 403);
		assertThat(operator.postWithoutToken("/dead-letters", delete).status()).isEqualTo(403);
		assertThat(count("dead_letter")).isOne();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			value = { "/jobs | {} | action is missing",
					"/jobs | {'action': 'stop', 'all': true} | cancel, run-now or move",
					"/jobs | {'action': 'move', 'all': true} | to is missing",
					"/jobs | {'action': 'cancel'} | Nothing is selected",
					"/jobs | {'action': 'cancel', 'all': 'yes'} | all must be true or false",
					"/jobs | {'action': 'cancel', 'all': 'true', 'label': 'a'} | only one of",
					"/jobs | {'action': 'cancel', 'label': ''} | label is blank",
					"/jobs | {'action': 'cancel', 'ids': '1,x'} | ids must be ids",
					"/jobs | {'action': 'cancel', 'ids': '1', 'limit': 1} | limit does not apply to ids",
					"/jobs | {'action': 'cancel', 'state': 'running'} | cancelled by their ids",
					"/jobs | {'action': 'cancel', 'label': 'a', 'handler': 'b'} | only one of the parameters",
					"/jobs | {'action': 'cancel', 'sqlState': '22012'} | sqlState does not apply here",
					"/jobs | {'action': 'run-now', 'state': 'held'} | state must be snoozed",
					"/dead-letters | {'action': 'run-now', 'all': true} | retry or delete",
					"/dead-letters | {'action': 'retry', 'limit': 5} | Nothing is selected",
					"/dead-letters | {'action': 'retry', 'queue': 'mail'} | queue does not apply here",
					"/dead-letters | {'action': 'retry', 'sqlState': '2'} | five characters",
					"/queues | {'action': 'set'} | queue is missing",
					"/queues | {'action': 'set', 'queue': 'a', 'concurrency': 0} | concurrency must be positive",
					"/queues | {'action': 'set', 'queue': 'a', 'per': '1s'} | without rate",
					"/queues | {'action': 'set', 'queue': 'a', 'rate': 1, 'per': 'soon'} | per must be a duration",
					"/pauses | {'action': 'pause'} | exactly one", "/pauses | {'action': 'halt'} | pause or resume" })
	void badChangesAreRefused(String path, String body, String error) throws SQLException {
		fail(7, "other");
		snooze(1, "");
		assertThat(operator.post(path, body).error(400)).contains(error);
		assertThat(count("dead_letter") + count("job")).isEqualTo(2);
		assertThat(application.auditEvents()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "/jobs?limit=0 | limit must be from 1", "/jobs?limit=many | limit must be a number",
					"/jobs?state=lost | state must be one of waiting", "/jobs?state=failed | none is FAILED",
					"/history?outcome=waiting | No job has ended that is WAITING",
					"/history?state=done | state does not apply", "/jobs?kind=java | kind must be one of sql, handler",
					"/jobs?after=x | No page ends", "/jobs?after=x/1 | refuses a parameter",
					"/jobs?queue= | queue is blank", "/jobs?queue=a%00b | refuses a parameter",
					"/jobs/first | id must be a number", "/batches?after=x | id must be a number",
					"/batches?limit=0 | limit must be from 1", "/batches?state=open | state does not apply",
					"/dead-letters?limit=1001 | from 1 to 1000", "/dead-letters?since=today | since must be a time",
					"/dead-letters?after=x | No page ends", "/dead-letters?state=held | state does not apply",
					"/dead-letter-groups?limit=3 | limit does not apply", "/nodes?limit=3 | limit does not apply" })
	void badQuestionsAreRefused(String path, String error) {
		assertThat(viewer.get(path).error(400)).contains(error);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/jobs/999", "/batches/999", "/dead-letters/999", "/letters", "/letters/1", "/queues/mail",
			"/ui/missing.js", "/ui/index", "/ui/..%2Fpage.class", "/ui/%2e%2e", "/ui/ui%5Conly-in-tests.js" })
	void whatIsNotThereIsNotFound(String path) {
		assertThat(viewer.get(path).status()).isIn(400, 404);
		assertThat(viewer.get(path).text()).doesNotContain("for tests");
	}

	@Test
	void pageHasItsFiles() {
		assertThat(user("").get("/ui/only-in-tests.js").status()).isEqualTo(401);
		Answer script = viewer.get("/ui/only-in-tests.js");
		assertThat(script.status()).isEqualTo(200);
		assertThat(script.type()).isEqualToIgnoringCase("text/javascript;charset=UTF-8");
		assertThat(script.text()).contains("for tests");
	}

}
