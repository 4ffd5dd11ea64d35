package io.github.pgdispatch.samples.signup;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

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

	private List<String> outcomes(Profile profile) {
		return this.jdbc.sql("SELECT outcome FROM signup.side_effect WHERE profile_id = ?")
			.param(profile.id())
			.query(String.class)
			.list();
	}

}
