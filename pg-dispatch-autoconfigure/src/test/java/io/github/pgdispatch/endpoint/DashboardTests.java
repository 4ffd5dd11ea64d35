package io.github.pgdispatch.endpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.Browser;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the dashboard in a real browser, in an application with Spring Security.
 */
@PostgresTest
class DashboardTests {

	private static EndpointApplication application;

	private static Session session;

	private static Dashboard dashboard;

	@BeforeAll
	static void start(TestDatabase database) throws SQLException {
		dashboard = new Dashboard(Browser.open(), "");
		application = EndpointApplication.start(database, WebApplicationType.SERVLET, DashboardSecurity.class,
				"management.endpoint.pgdispatch.access=unrestricted",
				"management.endpoint.pgdispatch.show-values=when-authorized", "pgdispatch.history.retention=1h",
				"management.endpoint.pgdispatch.roles=OPERATOR", "management.endpoint.pgdispatch.ui.enabled=true");
		session = new Session(database, "app");
		dashboard = new Dashboard(dashboard.browser(), application.url(""));
		dashboard.logIn("olga");
	}

	@AfterAll
	static void stop() throws SQLException {
		if (session != null) {
			session.close();
			application.close();
		}
		if (dashboard != null) {
			dashboard.browser().quit();
		}
	}

	@BeforeEach
	void resize() {
		dashboard.resize(1280, 900);
	}

	@AfterEach
	void nothingHasViolatedThePolicy() {
		assertThat(dashboard.log()).noneMatch((line) -> line.contains("Content Security Policy"))
			.noneMatch((line) -> line.contains("Uncaught"));
	}

	@Test
	void aJobThatFailedIsReadAndRetried() throws Exception {
		String id = fail("SELECT statistics.refresh()", "refresh");
		dashboard.open("").awaitText("Latest dead letter", "Job " + id, "schema \"statistics\" does not exist");
		dashboard.browser().findElement(By.linkText("Job " + id)).click();
		dashboard.awaitText("SELECT statistics.refresh()", "3F000", "Attempt 1 failed");
		session.run("CREATE SCHEMA statistics",
				"CREATE FUNCTION statistics.refresh() RETURNS void LANGUAGE sql AS 'SELECT'");
		dashboard.click("Retry");
		dashboard.awaitNews("1 dead letter dispatched again");
		dashboard.awaitText("Done");
		assertThat(session.value("SELECT count(*) FROM pgdispatch.dead_letter WHERE id = " + id)).isEqualTo("0");
	}

	@Test
	void aQueueIsPausedAndResumed() throws Exception {
		session.run("SELECT pgdispatch.set_queue('reports', 3)");
		dashboard.open("handlers").clickInRow("reports", "Pause");
		dashboard.awaitNews("Paused the queue reports");
		// The page says what it did before it reads it again.
		await().ignoreException(StaleElementReferenceException.class)
			.until(() -> dashboard.row("reports").getText().contains("Paused"));
		assertThat(pausedQueues()).contains("reports");
		dashboard.open("").awaitText("The queue reports is paused");
		dashboard.click("Resume");
		dashboard.awaitNoText("The queue reports is paused");
		assertThat(pausedQueues()).doesNotContain("reports");
	}

	@Test
	void aCircuitBreakerThatHasTrippedIsSeenAndReset() throws Exception {
		session.run("SELECT pgdispatch.set_queue('fragile', 3, break_after => 1)", """
				INSERT INTO pgdispatch.breaker (role, handler, queue, failures, tripped_at, probe_at)
				VALUES ('app'::regrole, '', 'fragile', 5, now(), 'infinity')""");
		dashboard.open("").awaitText("The circuit breaker of the queue fragile has tripped after 5 failures in a row");
		dashboard.open("handlers").awaitText("Tripped");
		dashboard.clickInRow("fragile", "Resume");
		dashboard.awaitNews("Resumed the queue fragile");
		assertThat(session.value("SELECT count(*) FROM pgdispatch.breaker")).isEqualTo("0");
	}

	@Test
	void theAttemptsOfTheNodeAreCounted() throws Exception {
		long before = attempts();
		session.run("SELECT pgdispatch.dispatch('SELECT') FROM generate_series(1, 100)");
		await().until(() -> attempts() >= before + 100);
		dashboard.open("").awaitText("attempts per second");
	}

	private static long attempts() {
		return Long.parseLong(
				dashboard.open("nodes").find("[data-key='Attempts since its start'] dd").getText().replace(",", ""));
	}

	@Test
	void limitsOfAQueueAreSet() throws Exception {
		dashboard.open("handlers").click("Add a queue…");
		dashboard.find("dialog [name=queue]").sendKeys("mail");
		dashboard.find("dialog [name=concurrency]").sendKeys("7");
		dashboard.answer("Add");
		assertThat(dashboard.row("mail").getText()).contains("7");
		dashboard.clickInRow("mail", "Remove…");
		assertThat(dashboard.answer("Remove 1 queue")).isEqualTo("Remove 1 queue?");
		dashboard.awaitNews("Removed the queue mail");
	}

	@Test
	void deadLettersAreDeletedByFilter() throws Exception {
		fail("SELECT 1 / 0", "delete-me");
		fail("SELECT 1 / 0", "delete-me");
		String kept = fail("SELECT 1 / 0", "keep-me");
		dashboard.open("dead-letters").filter("label", "delete-me");
		dashboard.awaitNoText("keep-me");
		dashboard.click("Delete all…");
		assertThat(dashboard.answer("Delete 2 dead letters")).isEqualTo("Delete 2 dead letters?");
		dashboard.awaitNews("2 dead letters deleted");
		dashboard.awaitText("No dead letter matches");
		assertThat(session.value("SELECT count(*) FROM pgdispatch.dead_letter WHERE label = 'delete-me'"))
			.isEqualTo("0");
		assertThat(session.value("SELECT count(*) FROM pgdispatch.dead_letter WHERE id = " + kept)).isEqualTo("1");
	}

	@Test
	void selectedJobsAreCanceled() throws Exception {
		String one = snooze("cancel-me");
		String other = snooze("cancel-me");
		dashboard.open("jobs?label=cancel-me").find("[aria-label='Select job " + one + "']").click();
		dashboard.awaitText("1 selected");
		dashboard.click("Cancel selected…");
		assertThat(dashboard.answer("Cancel 1 job")).isEqualTo("Cancel 1 job?");
		await().until(() -> dashboard.findAll("[aria-label='Select job " + one + "']").isEmpty());
		assertThat(dashboard.findAll("[aria-label='Select job " + other + "']")).hasSize(1);
		assertThat(session.value("SELECT count(*) FROM pgdispatch.job WHERE id IN (" + one + ", " + other + ")"))
			.isEqualTo("1");
	}

	@Test
	void selectedJobsAreMovedToAQueue() throws Exception {
		session.run("SELECT pgdispatch.set_queue('from'), pgdispatch.set_queue('here')");
		String id = snooze("move-me");
		dashboard.open("jobs?label=move-me").find("[aria-label='Select job " + id + "']").click();
		dashboard.click("Move selected…");
		await().until(() -> dashboard.find("dialog").isDisplayed());
		dashboard.find("dialog [name=to] option[value=here]").click();
		dashboard.answer("Move 1 job");
		dashboard.awaitNews("One job was moved");
		assertThat(session.value("SELECT queue FROM pgdispatch.find(" + id + ")")).isEqualTo("here");
		assertThat(dashboard.row(id).getText()).contains("here");
	}

	@Test
	void nothingIsDoneWithoutAYes() throws Exception {
		String id = snooze("ask-me");
		dashboard.open("jobs/" + id).click("Cancel…");
		dashboard.answer("Do nothing");
		dashboard.click("Cancel…");
		await().until(() -> dashboard.find("dialog").isDisplayed());
		dashboard.browser().switchTo().activeElement().sendKeys(Keys.ESCAPE);
		await().until(() -> dashboard.findAll("dialog[open]").isEmpty());
		assertThat(dashboard.browser().switchTo().activeElement().getText()).isEqualTo("Cancel…");
		assertThat(session.value("SELECT count(*) FROM pgdispatch.job WHERE id = " + id)).isEqualTo("1");
	}

	@Test
	void aUserWithoutTheRoleSeesNoValuesAndChangesNothing() throws Exception {
		String id = fail("SELECT 'secret' WHERE 1 / 0 = 0", "masked");
		try {
			dashboard.logIn("victor");
			dashboard.open("jobs/" + id).awaitText("hidden");
			assertThat(dashboard.browser().getPageSource()).contains("values hidden").doesNotContain("secret");
			dashboard.click("Retry");
			dashboard.awaitNews("You are not allowed to do this");
			assertThat(session.value("SELECT count(*) FROM pgdispatch.dead_letter WHERE id = " + id)).isEqualTo("1");
		}
		finally {
			dashboard.logIn("olga");
		}
		dashboard.open("jobs/" + id).awaitText("SELECT 'secret'");
	}

	@Test
	void whoeverIsLoggedOutIsToldSo() {
		dashboard.open("").browser().manage().deleteAllCookies();
		try {
			await().untilAsserted(
					() -> assertThat(dashboard.find("[role=alert]").getText()).contains("You are not logged in"));
		}
		finally {
			dashboard.logIn("olga");
		}
	}

	@Test
	void whatJobsSayIsTextAndNeverMarkup() throws Exception {
		String markup = "<img src=x onerror=\"document.title = 'hacked'\"><b>bold</b>";
		String id = fail("DO $$ BEGIN RAISE '%', $x$" + markup + "$x$; END $$", markup);
		for (String page : List.of("", "jobs/" + id, "dead-letters", "handlers")) {
			dashboard.open(page).awaitText(markup);
			assertThat(dashboard.findAll("main img")).isEmpty();
			assertThat(dashboard.browser().getTitle()).doesNotContain("hacked");
		}
	}

	@Test
	void anAddressShowsTheSameAgain() throws Exception {
		snooze("address");
		dashboard.open("jobs").filter("label", "address");
		dashboard.awaitText("address");
		String address = dashboard.browser().getCurrentUrl();
		assertThat(address).endsWith("#/jobs?label=address");
		dashboard.open("jobs?label=address&state=running").awaitText("No job matches");
		assertThat(dashboard.find("[name=label]").getDomProperty("value")).isEqualTo("address");
		assertThat(dashboard.find("[name=state]").getDomProperty("value")).isEqualTo("running");
	}

	@Test
	void listsAreReadPageByPage() throws Exception {
		session.run("SELECT pgdispatch.dispatch('SELECT', '1 hour', label => 'page') FROM generate_series(1, 60)");
		dashboard.open("jobs?label=page");
		assertThat(dashboard.findAll("tbody tr")).hasSize(50);
		dashboard.browser().findElement(By.linkText("Next page")).click();
		await().until(() -> dashboard.findAll("tbody tr").size() == 10);
		dashboard.browser().findElement(By.linkText("First page")).click();
		await().until(() -> dashboard.findAll("tbody tr").size() == 50);
		assertThat(dashboard.browser().switchTo().activeElement().getTagName()).isEqualTo("h1");
	}

	@Test
	void jobsThatHaveEndedAreInTheHistory() throws Exception {
		dispatch("SELECT", "0", "history");
		await().untilAsserted(() -> {
			dashboard.open("history?label=history");
			assertThat(dashboard.find("main").getText()).contains("Done");
		});
		dashboard.filter("label", "nothing");
		dashboard.awaitText("No job that has ended matches");
	}

	@Test
	void eachAttemptOfAJobIsShown() throws Exception {
		session.run("CREATE TABLE public.broken AS SELECT 'the first' AS why");
		String id = session.value("SELECT pgdispatch.dispatch('SELECT why::integer FROM public.broken', "
				+ "max_attempts => 9, back_off => '1 hour')");
		dashboard.open("jobs/" + id).awaitText("Attempt 1 failed", "the first", "Attempt 2 is due");
		session.run("UPDATE public.broken SET why = 'the second'");
		dashboard.click("Run now");
		dashboard.awaitText("Attempt 1 failed", "the first", "Attempt 2 failed", "the second", "Attempt 3 is due");
		session.run("DROP TABLE public.broken");
		dashboard.click("Run now");
		dashboard.awaitText("Attempt 1 failed", "Attempt 2 failed", "Attempt 3 failed for good");
	}

	@Test
	void aRefreshKeepsRowsFocusAndSelection() throws Exception {
		String id = snooze("refresh");
		WebElement box = dashboard.open("jobs?label=refresh").find("[aria-label='Select job " + id + "']");
		box.click();
		WebElement row = dashboard.row(id);
		String other = snooze("refresh");
		dashboard.awaitText(other);
		assertThat(box.isSelected()).isTrue();
		assertThat(row.getText()).contains(id);
		assertThat(dashboard.browser().switchTo().activeElement()).isEqualTo(box);
	}

	@Test
	void anApplicationThatDoesNotAnswerIsReported() {
		dashboard.open("").setOffline(true);
		try {
			await().untilAsserted(() -> assertThat(dashboard.find("[role=alert]").getText())
				.contains("The application does not answer"));
			assertThat(dashboard.find("main").getText()).contains("Overview");
		}
		finally {
			dashboard.setOffline(false);
		}
		await().until(() -> dashboard.find("[role=alert]").getText().isEmpty());
	}

	@ParameterizedTest
	@ValueSource(strings = { "light", "dark" })
	void everyPageCanBeUsedByAll(String scheme) throws Exception {
		session.run("SELECT pgdispatch.set_queue('accessible', 3)");
		snooze("accessible");
		String id = fail("SELECT 1 / 0", "accessible");
		dashboard.preferColors(scheme);
		try {
			for (String page : Dashboard.PAGES) {
				assertThat(dashboard.open(page).obstacles()).as(page).isEmpty();
			}
			assertThat(dashboard.open("jobs/" + id).obstacles()).isEmpty();
			assertThat(dashboard.open("jobs/999999").obstacles()).isEmpty();
			dashboard.open("dead-letters").click("Delete all…");
			await().until(() -> dashboard.find("dialog").isDisplayed());
			assertThat(dashboard.obstacles()).isEmpty();
			dashboard.answer("Do nothing");
		}
		finally {
			dashboard.preferColors("");
		}
	}

	@Test
	void nothingIsWiderThanAPhone() throws Exception {
		session.run("SELECT pgdispatch.set_queue('phone', 3)");
		snooze("a-label-that-is-so-long-that-it-does-not-fit-on-the-screen-of-a-phone-in-one-line");
		String id = fail("SELECT pg_catalog.repeat('x', 200)::integer", "phone");
		dashboard.resize(360, 740);
		for (String page : Dashboard.PAGES) {
			assertThat(widthOf(page)).as(page).isLessThanOrEqualTo(360);
		}
		assertThat(widthOf("jobs/" + id)).isLessThanOrEqualTo(360);
	}

	private static long widthOf(String page) {
		return (long) dashboard.open(page).browser().executeScript("return document.documentElement.scrollWidth");
	}

	/**
	 * Makes the pictures of the documentation.
	 */
	@Test
	@EnabledIfSystemProperty(named = "dashboard.pictures", matches = ".+")
	void pictures() throws Exception {
		Path folder = Path.of(System.getProperty("dashboard.pictures"));
		session.run("SELECT pgdispatch.set_queue('mail', 4)",
				"SELECT pgdispatch.dispatch('SELECT signup.remind(42)', '3 days', label => 'signUpSideEffects.remind', queue => 'mail') FROM generate_series(1, 37)",
				"SELECT pgdispatch.dispatch_handler('billing.sendInvoice') FROM generate_series(1, 12)");
		for (int i = 0; i < 4; i++) {
			fail("SELECT signup.update_statistics(42)", "signUpSideEffects.updateStatistics");
		}
		dashboard.resize(1200, 860);
		Files.createDirectories(folder);
		picture("", "light", folder.resolve("dashboard.png"));
		picture("", "dark", folder.resolve("dashboard-dark.png"));
		picture("dead-letters", "light", folder.resolve("dead-letters.png"));
	}

	private static void picture(String page, String scheme, Path file) throws IOException, SQLException {
		dashboard.preferColors(scheme);
		dashboard.open(page);
		if (page.isEmpty()) {
			for (int jobs : new int[] { 40, 120, 90, 200, 150 }) {
				session.run("SELECT pgdispatch.dispatch('SELECT') FROM generate_series(1, " + jobs + ")");
				await().pollDelay(Duration.ofSeconds(5)).until(() -> true);
			}
		}
		Files.write(file, dashboard.browser().getScreenshotAs(OutputType.BYTES));
	}

	private static List<String> pausedQueues() throws SQLException {
		return session.values("SELECT name FROM pgdispatch.status() WHERE kind = 'queue' AND state = 'paused'");
	}

	private static String fail(String command, String label) throws SQLException {
		String id = dispatch(command, "0", label);
		await().until(() -> !session.values("SELECT id FROM pgdispatch.dead_letter WHERE id = " + id).isEmpty());
		return id;
	}

	private static String snooze(String label) throws SQLException {
		return dispatch("SELECT", "1 hour", label);
	}

	private static String dispatch(String command, String delay, String label) throws SQLException {
		return session.value("SELECT pgdispatch.dispatch($sql$%s$sql$, '%s', label => $label$%s$label$)"
			.formatted(command, delay, label));
	}

}
