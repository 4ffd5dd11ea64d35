package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.ScheduleInfo;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the examples of docs/steps.md, docs/schedules.md, docs/batches.md and
 * docs/results.md.
 */
@FeatureTest
class LongerJobsTests {

	@Autowired
	private Feature feature;

	@Autowired
	private PgDispatchOperations operations;

	@Test
	void stepsAreNotRepeated(@Autowired StepsExample example, @Autowired JdbcClient jdbc) {
		this.feature.inTransaction(() -> example.order("Sophie", null));
		this.feature.awaitMails("Sophie",
				(mails) -> assertThat(mails).hasSize(3).startsWith("Charged").endsWith("Are you satisfied?"));
		assertThat(jdbc.sql("SELECT count(*) FROM profile WHERE name = 'Sophie'").query(Integer.class).single())
			.isOne();
	}

	@Test
	void schedulesHaveTheirDueTimes(@Autowired ScheduleExample example) {
		example.greetEvery(Duration.ofSeconds(1), "Vera");
		example.greetEachMorning("Henrietta", ZoneId.of("Europe/Berlin"));
		assertThat(this.operations.schedules()).extracting(ScheduleInfo::name)
			.contains("report", "clean up", "greet Vera", "greet Henrietta");
		this.feature.awaitMails("Vera", (mails) -> assertThat(mails).isNotEmpty());
		assertThat(this.operations.removeSchedule("greet Vera")).isTrue();
		this.operations.runSchedule("report");
		this.feature.awaitMails("boss", (mails) -> assertThat(mails).contains("Report"));
	}

	@Test
	void batchIsFollowedByAJob(@Autowired BatchExample example) {
		long batch = example.sendAll("Inge", List.of("Beatrice", "Tilly"));
		this.feature.awaitMails("Inge", "2 mails were sent, 0 have failed");
		this.feature.awaitMails("Beatrice", "News");
		this.feature.awaitMails("Tilly", "News");
		assertThat(example.progress(batch)).isEqualTo("2 of 2 are done");
	}

	@Test
	void callerGetsTheResult(@Autowired ResultExample example, @Autowired Mailer mailer) throws Exception {
		assertThat(example.orderAndWait("Ida")).isEqualTo(new ResultExample.Invoice("Ida", 4200));
		mailer.send("Ida", "Hello");
		assertThat(example.recipients().get(60, TimeUnit.SECONDS)).contains(new ResultExample.Recipient("Ida"));
	}

}
