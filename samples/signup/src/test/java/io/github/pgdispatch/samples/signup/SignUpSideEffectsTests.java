package io.github.pgdispatch.samples.signup;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import io.github.pgdispatch.testing.JobFailedException;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests what a sign-up causes, without waiting for it and without leaving anything.
 */
@SpringBootTest(properties = "signup.story=false")
@AutoConfigurePgDispatch
@Transactional
class SignUpSideEffectsTests {

	@Autowired
	private ProfileService profiles;

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private PgDispatchTemplate template;

	@Autowired
	private JdbcClient jdbc;

	@Test
	void aNewcomerIsRemindedAfterAWhile() {
		Profile ada = this.profiles.signUp(new NewProfile("Ada", "ada@example.com"));
		assertThat(this.jobs).containsCommand("SELECT signup.notify_followers(" + ada.id() + ")");
		assertThat(this.jobs).containsCommand("SELECT signup.remind(" + ada.id() + ")").dueAfter(Duration.ofSeconds(5));

		this.jobs.run();
		assertThat(outcomes(ada)).contains("followers notified: 0").doesNotContain("reminded ada@example.com");

		this.jobs.advanceTime(Duration.ofSeconds(5)).run();
		assertThat(outcomes(ada)).contains("reminded ada@example.com");
	}

	@Test
	void aNewcomerIsWelcomed() {
		this.profiles.signUp(new NewProfile("Ada", "ada@example.com"));
		assertThat(this.jobs).hasSize(4)
			.containsHandler("signUpSideEffects.welcome")
			.dueAfter(Duration.ofSeconds(1))
			.containsCommand("SELECT signup.remind(" + newest() + ")")
			.dueAfter(Duration.ofSeconds(5));
		assertThat(this.jobs).containsHandler("signUpSideEffects.welcome").withArgument("profileId", newest());
	}

	@Test
	void aJobThatFailsIsReported() {
		this.template.fire("SELECT 1 / 0");
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withCauseInstanceOf(DataIntegrityViolationException.class);
	}

	private long newest() {
		return this.jdbc.sql("SELECT max(id) FROM signup.profile").query(Long.class).single();
	}

	private List<String> outcomes(Profile profile) {
		return this.jdbc.sql("SELECT outcome FROM signup.side_effect WHERE profile_id = ?")
			.param(profile.id())
			.query(String.class)
			.list();
	}

}
