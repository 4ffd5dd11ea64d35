package io.github.pgdispatch.samples.benchmark.peer;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.modulith.events.FailedEventPublications;
import org.springframework.modulith.events.ResubmissionOptions;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * What Spring Modulith leaves to the application: it sends failed events again, each
 * second.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class FailedEvents {

	@Bean
	Resubmission resubmission(FailedEventPublications failed) {
		return new Resubmission(failed);
	}

	/**
	 * Public, since it is called by reflection.
	 *
	 * @param failed which there are
	 */
	public record Resubmission(FailedEventPublications failed) {

		@Scheduled(fixedDelay = 1000)
		public void resubmit() {
			this.failed.resubmit(ResubmissionOptions.defaults().withBatchSize(1000));
		}

	}

}
