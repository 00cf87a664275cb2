import numpy as np

import dezero


def test_the_box_holds_the_very_array(load_step):
    data = np.array([1.0, 2.0])
    assert load_step(1).Variable(data).data is data


def test_data_can_be_replaced_and_every_name_of_the_box_sees_it(load_step):
    x = load_step(1).Variable(np.array(1.0))
    same = x
    x.data = np.array([2.0, 3.0])
    assert same is x
    np.testing.assert_array_equal(same.data, [2.0, 3.0])


def test_two_boxes_are_two_objects(load_step):
    Variable = load_step(1).Variable
    data = np.array(1.0)
    a, b = Variable(data), Variable(data)
    b.data = np.array(5.0)
    assert a.data == 1.0


def test_the_exercise_editing_the_array_shows_in_both_boxes(load_step):
    Variable = load_step(1).Variable
    data = np.array([1.0, 2.0])
    a, b = Variable(data), Variable(data)
    b.data[0] = 100.0
    assert a.data[0] == 100.0


def test_same_as_the_package(load_step, rng):
    data = rng.normal(size=(2, 3))
    mine, theirs = load_step(1).Variable(data), dezero.Variable(data)
    assert mine.data is theirs.data


def test_printed(run_step):
    lines = run_step(1).splitlines()
    assert lines[1:3] == ["replaced: 2.0", "through a second name of the same box: 2.0"]
    assert lines[3].endswith("0, 1, 2 dimensions")
