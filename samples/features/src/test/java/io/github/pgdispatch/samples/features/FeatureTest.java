package io.github.pgdispatch.samples.features;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;

/**
 * A test of examples, in the one application that has all of them and runs their jobs.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest
@Import(Feature.class)
@ContextConfiguration(classes = FeaturesApplication.class, initializers = NewDatabase.class)
@interface FeatureTest {

}
