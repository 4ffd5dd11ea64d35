package io.github.pgdispatch.samples.features;

import java.time.Duration;

import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * How side effects are tested: the test sees them, runs them when it wants to, lets time
 * pass, and rolls everything back.
 */
@FeatureTest
@AutoConfigurePgDispatch
@Transactional
class TestingExampleTests {

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private Mailer mailer;

	@Test
	void aNewcomerIsWelcomedAndReminded(@Autowired AnnotationExample example) {
		example.signUp("Ada");
		assertThat(this.jobs).hasSize(3)
			.containsCommand("INSERT INTO mail (recipient, text) VALUES ('Ada', 'Please confirm')");

		this.jobs.run();
		assertThat(this.mailer.sentTo("Ada")).containsExactlyInAnyOrder("Welcome!", "Please confirm");

		this.jobs.advanceTime(Duration.ofSeconds(1)).run();
		assertThat(this.mailer.sentTo("Ada")).contains("Have a look around");
	}

	@Test
	void scheduleRunsWhenTheTestSaysSo() {
		assertThat(this.jobs.runSchedule("report")).isOne();
		assertThat(this.mailer.sentTo("boss")).containsExactly("Report");
	}

	/**
	 * Without jobs: the method is called as a node would call it.
	 */
	@Test
	void stepsAreNotRepeated(@Autowired JdbcClient jdbc) {
		StepsExample example = new StepsExample(jdbc, this.mailer);
		TestDispatchContext context = new TestDispatchContext();
		assertThatIllegalStateException().isThrownBy(() -> example.order("Grace", context));
		assertThat(context.steps()).containsExactly("charge", "reserve");
	}

}
