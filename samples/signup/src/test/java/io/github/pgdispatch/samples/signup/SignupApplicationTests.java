package io.github.pgdispatch.samples.signup;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.resttestclient.autoconfigure.AutoConfigureRestTestClient;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.springframework.transaction.support.TransactionOperations;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "signup.story=false")
@AutoConfigureRestTestClient
class SignupApplicationTests {

	@Autowired
	private RestTestClient client;

	@Autowired
	private JdbcClient jdbc;

	@Autowired
	private ProfileService profiles;

	@Autowired
	private Invitations invitations;

	@Autowired
	private TransactionOperations transaction;

	@Test
	void aSignUpHasItsFourSideEffects() {
		long id = signUp("Ada");
		assertThat(awaitSideEffects(id)).extracting(SideEffect::name)
			.containsExactlyInAnyOrder("notify_followers", "update_statistics", "welcome", "remind");
		assertThat(sideEffects(id)).extracting(SideEffect::profileId).containsOnly(id);
		assertThat(sideEffects(id)).extracting(SideEffect::startedAfterMillis)
			.allSatisfy((millis) -> assertThat(millis).isNotNegative());
		assertThat(sideEffects(id)).extracting(SideEffect::outcome)
			.contains("reminded ada@example.com", "\"Welcome, Ada!\" sent to ada@example.com");
	}

	@Test
	void actuatorTellsOfHealthAndMetrics() {
		signUp("Grace");
		Awaitility.await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
			this.client.get()
				.uri("/actuator/health")
				.exchange()
				.expectStatus()
				.isOk()
				.expectBody()
				.jsonPath("$.components.pgdispatch.status")
				.isEqualTo("UP")
				.jsonPath("$.components.pgdispatch.details.waiting")
				.isNumber();
			this.client.get()
				.uri("/actuator/metrics/pgdispatch.jobs?tag=name:signUpSideEffects.remind")
				.exchange()
				.expectStatus()
				.isOk();
			this.client.get()
				.uri("/actuator/metrics/pgdispatch.job.duration?tag=handler:signUpSideEffects.welcome")
				.exchange()
				.expectStatus()
				.isOk();
		});
	}

	@Test
	void actuatorTellsOfJobsAndHandlers() {
		this.client.get()
			.uri("/actuator/pgdispatch/handlers")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.handlers[?(@.name == 'signUpSideEffects.welcome')].here")
			.isEqualTo(true);
	}

	@Test
	void thePageLinksToTheDashboard() {
		assertThat(page()).contains("href=\"/actuator/pgdispatch/ui\"");
		this.client.get()
			.uri("/actuator/pgdispatch/ui")
			.exchange()
			.expectStatus()
			.isOk()
			.expectHeader()
			.contentTypeCompatibleWith(MediaType.TEXT_HTML);
	}

	@Test
	void anInvitationFailsOnPurposeAndIsRetried() {
		this.transaction.executeWithoutResult((status) -> this.invitations.invite("hedy@example.com"));
		awaitFailedInvitations(1);
		this.client.post()
			.uri("/actuator/pgdispatch/dead-letters")
			.contentType(MediaType.APPLICATION_JSON)
			.body(Map.of("action", "retry", "handler", "invitations.invite"))
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.count")
			.isEqualTo(1);
		awaitFailedInvitations(0);
		Awaitility.await()
			.until(() -> this.jdbc
				.sql("SELECT count(*) FROM pgdispatch.handler_job WHERE handler = 'invitations.invite'")
				.query(Long.class)
				.single() == 0);
		awaitFailedInvitations(0);
	}

	private void awaitFailedInvitations(int count) {
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> this.client.get()
				.uri("/actuator/pgdispatch/dead-letters?handler=invitations.invite")
				.exchange()
				.expectBody()
				.jsonPath("$.deadLetters.length()")
				.isEqualTo(count));
	}

	@Test
	void theSnoozedSideEffectsAreNotEarly() {
		long id = signUp("Barbara");
		awaitSideEffects(id);
		assertThat(isNotEarly(id, "welcome", "1 second")).isTrue();
		assertThat(isNotEarly(id, "remind", "5 seconds")).isTrue();
	}

	private boolean isNotEarly(long id, String name, String delay) {
		return this.jdbc.sql("""
				SELECT e.started_at >= p.created_at + ?::interval
				FROM signup.side_effect AS e JOIN signup.profile AS p ON p.id = e.profile_id
				WHERE p.id = ? AND e.name = ?""").params(delay, id, name).query(Boolean.class).single();
	}

	@Test
	void aWelcomeMessageIsSentAfterTheCommitAndNoneAfterARollback() {
		long rolledBack = this.transaction.execute((status) -> {
			status.setRollbackOnly();
			return this.profiles.signUp(new NewProfile("Mallory", "mallory@example.com")).id();
		});
		long committed = signUp("Radia");
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.until(() -> sideEffects(committed),
					(sideEffects) -> sideEffects.stream().anyMatch(SignupApplicationTests::isWelcome));
		assertThat(sideEffects(rolledBack)).noneMatch(SignupApplicationTests::isWelcome);
		// It would have failed, without a profile to welcome.
		assertThat(count("SELECT count(*) FROM pgdispatch.dead_letter WHERE arguments ->> 'profileId' = ?::text",
				rolledBack))
			.isZero();
	}

	@Test
	void aRolledBackSignUpLeavesNothing() {
		long id = this.transaction.execute((status) -> {
			Profile profile = this.profiles.signUp(new NewProfile("Mallory", "mallory@example.com"));
			assertThat(jobs(profile.id())).isEqualTo(4);
			status.setRollbackOnly();
			return profile.id();
		});
		assertThat(jobs(id)).isZero();
		awaitSideEffects(signUp("Grace"));
		assertThat(sideEffects(id)).isEmpty();
		assertThat(count("SELECT count(*) FROM signup.profile WHERE id = ?", id)).isZero();
		assertThat(count("SELECT count(*) FROM signup.side_effect WHERE profile_id = ?", id)).isZero();
	}

	@Test
	void theSideEffectsAreServedAsJson() {
		long id = signUp("Hedy");
		awaitSideEffects(id);
		this.client.get()
			.uri("/profiles/{id}/side-effects", id)
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.length()")
			.isEqualTo(4)
			.jsonPath("$[0].profileId")
			.isEqualTo(id)
			.jsonPath("$[0].startedAfterMillis")
			.isNumber()
			.jsonPath("$[0].tookMillis")
			.isNumber()
			.jsonPath("$[?(@.name == 'remind')].outcome")
			.isEqualTo("reminded hedy@example.com");
	}

	@Test
	void theNewestSignUpsAreServedWithWhatHasTakenPlaceOfThem() {
		long first = signUp("Annie");
		long second = signUp("Joan");
		awaitSideEffects(first);
		assertThat(recentSignUps()).extracting(RecentSignUp::id).containsSubsequence(second, first);
		RecentSignUp annie = recentSignUps().stream()
			.filter((signUp) -> signUp.id() == first)
			.findFirst()
			.orElseThrow();
		assertThat(annie.name()).isEqualTo("Annie");
		assertThat(annie.ageMillis()).isGreaterThanOrEqualTo(5_000);
		assertThat(annie.sideEffects()).hasSize(4).isEqualTo(sideEffects(first));
	}

	@Test
	void aSignUpIsServedBeforeItsSideEffects() {
		long id = signUp("Mary");
		assertThat(recentSignUps()).filteredOn((signUp) -> signUp.id() == id)
			.singleElement()
			.satisfies(
					(signUp) -> assertThat(signUp.sideEffects()).extracting(SideEffect::name).doesNotContain("remind"));
	}

	@Test
	void noMoreThanTheNewestSignUpsAreServed() {
		for (int i = 0; i < 15; i++) {
			signUp("Visitor" + i);
		}
		assertThat(recentSignUps()).hasSize(12);
	}

	private List<RecentSignUp> recentSignUps() {
		RecentSignUp[] signUps = this.client.get()
			.uri("/profiles")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(RecentSignUp[].class)
			.returnResult()
			.getResponseBody();
		assertThat(signUps).isNotNull();
		return List.of(signUps);
	}

	@Test
	void aSignUpWithoutAnEmailAddressIsRefused() {
		this.client.post()
			.uri("/profiles")
			.body(new NewProfile("Nobody", ""))
			.exchange()
			.expectStatus()
			.isEqualTo(HttpStatus.BAD_REQUEST);
	}

	@Test
	void thePageIsServed() {
		this.client.get()
			.uri("/")
			.exchange()
			.expectStatus()
			.isOk()
			.expectHeader()
			.contentTypeCompatibleWith(MediaType.TEXT_HTML)
			.expectBody(String.class)
			.value((page) -> assertThat(page).contains("<form", "/profiles"));
	}

	/**
	 * It is to work without a connection to anything but the application.
	 */
	@Test
	void thePageNeedsNothingFromElsewhere() {
		String page = page();
		assertThat(page).doesNotContain("http://", "https://", "@import")
			.doesNotContainPattern("(src|href)=\"(?!data:,|/actuator/pgdispatch/ui\")");
	}

	@Test
	void thePageHasAPlaceForEachSideEffect() {
		long id = signUp("Ellen");
		assertThat(awaitSideEffects(id)).extracting(SideEffect::name)
			.allSatisfy((name) -> assertThat(page()).contains("data-name=\"" + name + "\""));
	}

	@Test
	void thePageCanBeReadByAll() {
		assertThat(page()).contains("lang=\"en\"", "<main>", "role=\"status\"", "role=\"alert\"",
				"prefers-color-scheme: dark", "prefers-reduced-motion", ":focus-visible");
	}

	private String page() {
		String page = this.client.get()
			.uri("/")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.returnResult()
			.getResponseBody();
		assertThat(page).isNotNull();
		return page;
	}

	private static boolean isWelcome(SideEffect sideEffect) {
		return sideEffect.name().equals("welcome");
	}

	private long signUp(String name) {
		SignedUp answer = this.client.post()
			.uri("/profiles")
			.body(new NewProfile(name, name.toLowerCase() + "@example.com"))
			.exchange()
			.expectStatus()
			.isCreated()
			.expectBody(SignedUp.class)
			.returnResult()
			.getResponseBody();
		assertThat(answer).isNotNull();
		return answer.id();
	}

	private List<SideEffect> awaitSideEffects(long id) {
		return Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.until(() -> sideEffects(id), (sideEffects) -> sideEffects.size() == 4);
	}

	private List<SideEffect> sideEffects(long id) {
		SideEffect[] sideEffects = this.client.get()
			.uri("/profiles/{id}/side-effects", id)
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(SideEffect[].class)
			.returnResult()
			.getResponseBody();
		assertThat(sideEffects).isNotNull();
		return List.of(sideEffects);
	}

	private long jobs(long id) {
		return count("SELECT count(*) FROM pgdispatch.job WHERE command ~ ('\\m' || ? || '\\M')", id)
				+ count("SELECT count(*) FROM pgdispatch.handler_job WHERE arguments ->> 'profileId' = ?::text", id);
	}

	private long count(String sql, long id) {
		return this.jdbc.sql(sql).param(id).query(Long.class).single();
	}

}
